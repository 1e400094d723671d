import TapData
import Taproom

/// What a manifest says of a kind: all of it is checked.
struct Manifest: Sendable {
    /// The path of the manifest.
    var path: String
    var word: String
    var summary: String
    /// The version of the kind, as people see it.
    var version: String
    /// The Debian package that brings the kind.
    var package: String
    var formerWords: [String]
    /// The absolute path of the program.
    var program: String
    var arguments: [FilledText]
    var environment: [(name: String, value: FilledText)]
    var speech: ManifestWords.Speech
    /// Whether the sockets it is given are blocking.
    var isBlocking: Bool
    /// Whether it takes sockets for datagrams.
    var takesDatagrams: Bool
    /// How long the program has until it is ready.
    var startLimit: TimeSpan
    var settings: ForeignSettings
    /// What brings older settings into the form of these.
    var migrations: [TreeStep]
    var state: [DeclaredState]

    /// The package that brings a kind unless its manifest names another.
    static func usualPackage(of word: String) -> String { "taproom-kind-\(word)" }
}
