/// What an image is called: a name and a tag.
///
/// Registries take the grammar of the OCI Distribution Specification 1.1 ("Pulling manifests"); so does the annotation
/// `org.opencontainers.image.ref.name`, with fewer exceptions.
struct ImageName {
    /// The longest tag that a registry takes.
    private static let longestTag = 128

    let name: String
    let tag: String

    /// From the name of a package and its version, without the epoch.
    init(name: String, version: some StringProtocol) {
        self.name = name
        // What a tag can't have, such as the tilde of an earlier version, becomes a hyphen.
        let words = version.utf8.prefix(Self.longestTag).split { !$0.isAlphanumeric && $0 != UInt8(ascii: ".") }
        tag = words.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "-")
    }

    var text: String { "\(name):\(tag)" }

    /// Whether a name of a package is one of an image too: words with one separator between two.
    static func isName(_ name: String) -> Bool {
        name.utf8.split(omittingEmptySubsequences: false) { "-.".utf8.contains($0) }.allSatisfy { word in
            !word.isEmpty && word.allSatisfy { $0.isLowercase || $0.isDigit }
        }
    }
}
