public import Taproom

/// Where requests are noted, and how.
public struct WebAccessLog: DocumentedSettings, SettingsGroup, Equatable, Sendable {
    /// How a request is written; it is always one line.
    public enum Format: String, Codable, Sendable, CaseIterable {
        /// As Apache's and nginx's "combined": the common form with what the client has come from, and the client's name.
        case combined
        /// As NCSA's "common".
        case common
        /// An object of JSON.
        case json
        /// Not at all.
        case none
    }

    /// The file; absent: nothing is noted.
    public var file: LocalPath?
    /// How a request is written.
    public var format = Format.combined
    /// When the file is put aside; 0: never.
    public var size = ByteCount(bytes: 100_000_000)
    /// How many files are kept besides the one that is written.
    public var keep = 5

    /// The defaults: nothing is noted.
    public init() {}

    /// What the keys mean.
    public static let fields: [SettingField<WebAccessLog>] = [
        SettingField(
            "file", "The file that requests are noted in, one line each. Without it they are not.",
            examples: ["/var/log/site/access.log"]),
        SettingField(
            "format", "How a request is written; none: not at all.", words: Format.allCases.map(\.rawValue)),
        SettingField(
            "size", "When the file is put aside, as FILE.1, FILE.2 and so on; 0B: never.", \.size,
            in: ByteCount(bytes: 0)..., examples: [ByteCount(bytes: 1_000_000_000)]),
        SettingField(
            "keep", "How many files are kept besides the one that is written.", { $0.keep }, in: 0...10_000,
            examples: [14]),
    ]

    /// The values that are out of their ranges, with the keys below a prefix.
    func problems(_ prefix: String) -> [SettingProblem] {
        rangeProblems.map { SettingProblem(prefix + $0.key, $0.problem) }
    }
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

extension WebAccessLog.Format {
    /// Reads one of the words.
    public init(from decoder: any Decoder) throws {
        self = try SettingWord.read(Self.self, from: decoder)
    }
}
