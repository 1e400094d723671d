import TapAccessLog

/// Where requests are noted, and how.
struct AccessLog: Sendable {
    let file: AccessLogFile
    let format: WebAccessLog.Format
}
