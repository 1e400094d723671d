import Logging

extension Logger.Level {
    /// The severity of RFC 5424, section 6.2.1, which is also the priority of syslog(3) and sd-daemon(3).
    ///
    /// Syslog has nothing below "debug", and "alert" and "emergency" are for who runs the machine.
    var severity: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
