public import TapAccessLog
public import Taproom

/// Where requests are noted, and how.
public typealias SocksAccessLog = AccessLogSettings<SocksLogFormat>

/// How a request is written; it is always one line.
public enum SocksLogFormat: String, AccessLogFormat {
    /// In the manner of NCSA's "common".
    case common
    /// An object of JSON.
    case json

    /// The common one.
    public static let usual = SocksLogFormat.common
    /// What the keys mean.
    public static let logFields = SocksAccessLog.fields(file: "/var/log/proxy/socks.log")
}
