/// The media types of files by the extensions of their names.
struct MediaTypes: Sendable {
    private let additions: [String: String]
    private let fallback: String

    /// Built-in types below additions.
    ///
    /// - Parameters:
    ///   - additions: types by extension, without the dot; the case of the extension does not matter.
    ///   - fallback: for files whose extension is not known.
    init(additions: [String: String], default fallback: String) {
        var lowered: [String: String] = [:]
        for (ending, type) in additions { lowered[ending.lowercased()] = MediaTypes.withCharset(type) }
        self.additions = lowered
        self.fallback = MediaTypes.withCharset(fallback)
    }

    /// The value of `Content-Type` for a path or name.
    func type(ofFile path: [UInt8]) -> String {
        let name = path.lastIndex(of: UInt8(ascii: "/")).map { path[($0 + 1)...] } ?? path[...]
        guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > name.startIndex else { return fallback }
        let ending = String(decoding: name[(dot + 1)...], as: UTF8.self).lowercased()
        return additions[ending] ?? mediaTypesByExtension[ending].map(MediaTypes.withCharset) ?? fallback
    }

    /// Text is UTF-8 unless the type says otherwise.
    private static func withCharset(_ type: String) -> String {
        let isText =
            type.hasPrefix("text/")
            || [
                "application/json", "application/manifest+json", "application/ld+json", "application/xml",
                "image/svg+xml",
            ]
            .contains(type)
        return isText && !type.lowercased().contains("charset") ? type + "; charset=utf-8" : type
    }

    /// Whether files of a type get much smaller when they are compressed.
    static func isCompressible(_ type: String) -> Bool {
        let essence = type.prefix { $0 != ";" }.lowercased()
        return essence.hasPrefix("text/") || essence.hasSuffix("+json") || essence.hasSuffix("+xml")
            || [
                "application/json", "application/javascript", "application/xml", "application/wasm", "application/rtf",
                "application/x-ndjson", "application/vnd.ms-fontobject", "font/ttf", "font/otf", "image/bmp",
            ].contains(essence)
    }

    /// Whether a text can be sent as a media type: `type/subtype`, with or without parameters.
    static func isValid(_ text: String) -> Bool {
        let essence = text.prefix { $0 != ";" }
        let parts = essence.split(separator: "/", omittingEmptySubsequences: false)
        let isName: (Substring) -> Bool = { part in
            !part.isEmpty && part.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"()<>@,:\\\"[]?=".utf8.contains($0) }
        }
        return parts.count == 2 && parts.allSatisfy(isName) && text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }
}
