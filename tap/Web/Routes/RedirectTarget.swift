/// A path or URL with places for parts of a request: `https://example.com{path}{query}`.
struct RedirectTarget: Sendable {
    /// The statuses of redirects (RFC 9110, 15.4).
    static let statuses = [301, 302, 303, 307, 308]
    private static let words = ["{path}", "{rest}", "{query}", "{host}"]

    private let text: String

    init(_ text: String) { self.text = text }

    /// Whether a text is one: visible ASCII with no braces but those of the words.
    static func isValid(_ text: String) -> Bool {
        var rest = text
        for word in words {
            rest = rest.split(separator: word, omittingEmptySubsequences: false).joined(separator: "x")
        }
        return !rest.isEmpty && rest.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"{}\"<>\\^`|".utf8.contains($0) }
    }

    /// The target for a request.
    ///
    /// Parts are put in as the request wrote them, for their bytes are checked; in front of a path at the beginning slashes
    /// become one, so that nobody is sent to another host.
    func text(_ place: MatchedPath, host: String) -> String {
        var result = ""
        var rest = text[...]
        while let brace = rest.firstIndex(of: "{"), let end = rest[brace...].firstIndex(of: "}") {
            result += rest[..<brace]
            switch rest[brace...end] {
            case "{path}": result += place.prefix + place.rest
            case "{rest}": result += place.rest
            case "{query}": result += place.query
            default: result += host
            }
            rest = rest[end...].dropFirst()
        }
        result += rest
        guard result.hasPrefix("/") else { return result.isEmpty ? "/" : result }
        return "/" + result.drop { $0 == "/" || $0 == "\\" }
    }
}
