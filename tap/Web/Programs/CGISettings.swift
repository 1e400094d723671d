import TapProcess
public import Taproom

/// Programs that are started for each request (CGI/1.1, RFC 3875).
public struct CGISettings: DocumentedSettings, SettingsGroup, Equatable, Sendable {
    /// The folder of programs, whose names requests say.
    public var folder: LocalPath?
    /// The one program that answers everything, instead of a folder.
    public var program: LocalPath?
    /// The folder that programs are told to be that of the documents.
    ///
    /// Absent: the folder of programs, or the one that the program lies in.
    public var root: LocalPath?
    /// Programs by the extension of the files that they run.
    public var interpreters: [String: LocalPath] = [:]
    /// More variables of programs; they win over those of the request.
    public var environment: [String: String] = [:]
    /// Whether programs see what clients authorize themselves with.
    public var authorization = false
    /// How long a program may be silent.
    public var timeout = TimeSpan(seconds: 60)
    /// How many programs run at once; as many requests wait.
    public var programs = 16
    /// The greatest body of a request.
    public var body = ByteCount(bytes: 16 << 20)
    /// The most memory of one process, or no limit.
    public var memory: ByteCount?
    /// The most processor time of one process, or no limit.
    public var processor: TimeSpan?

    /// Settings without a program, which is a mistake.
    public init() {}

    /// What the keys mean.
    public static let fields: [SettingField<CGISettings>] = [
        SettingField(
            "folder", "The folder of programs; the first name below the route says which.",
            examples: ["/usr/lib/cgi-bin"]),
        SettingField(
            "program", "The one program for all requests, instead of folder.",
            examples: ["/usr/lib/git-core/git-http-backend"]),
        SettingField(
            "root", "What DOCUMENT_ROOT says, and where PATH_TRANSLATED begins; absent: folder.", examples: ["/srv/www"]
        ),
        SettingField(
            "interpreters", "Programs by the extension, without the dot, of the files that they run.",
            examples: [["php": "/usr/bin/php-cgi"]]),
        SettingField(
            "environment", "More variables of programs; they win over those of the request.",
            examples: [["GIT_PROJECT_ROOT": "/srv/git"]]),
        SettingField("authorization", "Show programs the field Authorization, and so passwords.", examples: [true]),
        SettingField(
            "timeout",
            "How long a program may neither write nor read anything; while the client takes nothing this does not count.",
            \.timeout, in: TimeSpan(milliseconds: 10)...TimeSpan(seconds: 86_400), examples: [TimeSpan(seconds: 300)]),
        SettingField(
            "programs", "How many programs run at once. As many requests wait, and others are told to come again.",
            \.programs, in: 1...10_000, examples: [4]),
        SettingField("body", "The greatest body of a request.", examples: [ByteCount(bytes: 1 << 30)]),
        SettingField(
            "memory", "The most address space of a process; absent: no limit.", \.memory,
            in: ByteCount(bytes: 1 << 20)..., examples: [ByteCount(bytes: 1 << 30)]),
        SettingField(
            "processor", "The most processor time of a process; absent: no limit.", \.processor,
            in: TimeSpan(seconds: 1)..., examples: [TimeSpan(seconds: 30)]),
    ]

    /// Everything that is malformed, with the keys below a prefix.
    func problems(_ prefix: String) -> [SettingProblem] {
        var problems = rangeProblems.map { SettingProblem(prefix + $0.key, $0.problem) }
        if (folder == nil) == (program == nil) {
            problems.append(
                SettingProblem(
                    prefix + "folder", folder == nil ? "or program must be set" : "can't stand beside program"))
        }
        for ending in interpreters.keys.sorted() where !ProgramRules.isExtension(ending) {
            problems.append(
                SettingProblem(
                    prefix + "interpreters", "must have extensions without a dot for keys, but one is \"\(ending)\""))
        }
        return problems + ProgramRules.problems(environment, prefix)
    }
}

/// What settings of programs have in common.
enum ProgramRules {
    /// Whether a text can be what a file's name ends with behind its last dot.
    static func isExtension(_ text: String) -> Bool {
        !text.isEmpty && !text.utf8.contains { [0, UInt8(ascii: "."), UInt8(ascii: "/")].contains($0) }
    }

    /// What is wrong with variables.
    static func problems(_ environment: [String: String], _ prefix: String) -> [SettingProblem] {
        ProgramEnvironment.problems(environment).map { SettingProblem(prefix + "environment", $0) }
    }
}
