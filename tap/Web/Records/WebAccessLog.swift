public import TapAccessLog
public import Taproom

/// Where requests are noted, and how.
public typealias WebAccessLog = AccessLogSettings<WebLogFormat>

/// How a request is written; it is always one line.
public enum WebLogFormat: String, AccessLogFormat {
    /// As Apache's and nginx's "combined": the common form with what the client has come from, and the client's name.
    case combined
    /// As NCSA's "common".
    case common
    /// An object of JSON.
    case json
    /// Not at all.
    case none

    /// The combined one.
    public static let usual = WebLogFormat.combined
    /// What the keys mean.
    public static let logFields = WebAccessLog.fields(file: "/var/log/site/access.log", format: "; none: not at all")
}

extension WebSettings {
    /// What is wrong with the access logs, also with those of hosts.
    var accessLogProblems: [SettingProblem] {
        var problems = accessLog.problems("accessLog.")
        var rotations: [LocalPath: WebAccessLog] = [:]
        if let file = accessLog.file { rotations[file] = accessLog }
        for (number, host) in hosts.enumerated() {
            guard let log = host.accessLog else { continue }
            problems += log.problems("hosts.\(number).accessLog.")
            guard let file = log.file else { continue }
            let other = rotations[file] ?? log
            rotations[file] = other
            if (other.size, other.keep) != (log.size, log.keep) {
                problems.append(
                    SettingProblem(
                        "hosts.\(number).accessLog.file",
                        "is the file of another accessLog, which has another size or another keep"))
            }
        }
        return problems
    }
}
