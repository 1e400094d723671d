public import Taproom

/// Which pages of other sites may read answers (cross-origin resource sharing, as the Fetch Standard says it).
public struct CrossOriginSettings: DocumentedSettings, SettingsGroup, Equatable, Sendable {
    /// The origins of the pages: `https://app.example.com`, or `*` for all; none lifts what is said outside.
    public var origins: OneOrMore<String> = []
    /// The methods that their scripts may use.
    public var methods: OneOrMore<String> = ["GET", "HEAD", "POST"]
    /// The fields of requests that their scripts may set, besides those that any page may.
    public var headers: OneOrMore<String> = []
    /// The fields of answers that their scripts may read, besides those that any page may.
    public var exposes: OneOrMore<String> = []
    /// Whether browsers send cookies and passwords along.
    public var credentials = false
    /// For how long browsers remember what they may; absent: as long as they like.
    public var maxAge: TimeSpan?

    /// Settings for no origin.
    public init() {}

    /// What the keys mean.
    public static let fields: [SettingField<CrossOriginSettings>] = [
        SettingField(
            "origins", "The origins whose pages may read answers, or *; none lifts what is said outside.",
            examples: ["*", ["https://app.example.com", "http://localhost:3000"]]),
        SettingField("methods", "The methods that their scripts may use.", examples: [["GET", "PUT", "DELETE"]]),
        SettingField(
            "headers", "The fields that their scripts may set besides the simple ones.",
            examples: [["Content-Type", "Authorization"]]),
        SettingField(
            "exposes", "The fields of answers that their scripts may read besides the simple ones.",
            examples: [["ETag"]]),
        SettingField("credentials", "Have browsers send cookies and passwords along; not with *."),
        SettingField(
            "maxAge", "For how long browsers remember what they may; absent: some seconds.", \.maxAge,
            in: TimeSpan(seconds: 0)...TimeSpan(seconds: 86_400), examples: [TimeSpan(seconds: 7200)]),
    ]

    /// Everything that is malformed, with the keys below a prefix.
    func problems(_ prefix: String) -> [SettingProblem] {
        var problems = rangeProblems.map { SettingProblem(prefix + $0.key, $0.problem) }
        if origins.elements.contains("*"), origins.elements.count > 1 {
            problems.append(SettingProblem(prefix + "origins", "can't have * beside others: it stands for all"))
        }
        for origin in origins.elements where origin != "*" && !Self.isOrigin(origin) {
            problems.append(
                SettingProblem(
                    prefix + "origins",
                    "must be origins as browsers send them, https://app.example.com or http://localhost:3000, in small"
                        + " letters, without the usual port and a slash at the end, but one is \"\(origin)\""))
        }
        for (key, words) in [("methods", methods), ("headers", headers), ("exposes", exposes)] {
            for word in words.elements where word.isEmpty || !word.utf8.allSatisfy({ ByteSet.token.contains($0) }) {
                problems.append(SettingProblem(prefix + key, "must be names, but one is \"\(word)\""))
            }
        }
        for (key, words) in [("origins", origins), ("methods", methods), ("headers", headers), ("exposes", exposes)]
        where credentials && words.elements.contains("*") {
            problems.append(
                SettingProblem(prefix + key, "can't be * beside credentials, for browsers refuse that: name them"))
        }
        return problems
    }

    /// Whether a browser can say this of a page (RFC 6454, section 6.2); `null` says nothing.
    private static func isOrigin(_ text: String) -> Bool {
        guard let range = text.firstRange(of: "://"), range.lowerBound > text.startIndex else { return false }
        let (scheme, host) = (text[..<range.lowerBound], text[range.upperBound...])
        let isUsual = scheme == "https" && host.hasSuffix(":443") || scheme == "http" && host.hasSuffix(":80")
        return !host.isEmpty && !isUsual && text == text.lowercased()
            && scheme.utf8.allSatisfy { ByteSet.token.contains($0) }
            && host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"/?#@\\\"*,;".utf8.contains($0) }
    }
}
