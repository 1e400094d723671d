import TapData
import Taproom

/// What a manifest says at its top, as it is written.
struct ManifestWords: Defaulted {
    /// What the program speaks.
    enum Speech: String, DeclaredWord {
        /// The protocol of docs/foreign-kinds.md.
        case taproom
        /// Nothing: it serves the sockets it is given, and ends when it is told to by a signal.
        case none
    }

    var format: Datum?
    var word: String?
    var summary: String?
    var version = "0"
    var package: String?
    var formerly: [String] = []
    var program: String?
    var arguments: [String] = []
    var environment: [String: String] = [:]
    var `protocol` = Speech.taproom
    var blocking = false
    var datagrams = false
    var startLimit = TimeSpan(seconds: 30)
    var migrations: [TreeStep] = []
    /// Read key by key, so that the order stays and every mistake has its place.
    var settings: Datum?
    var state: Datum?

    enum CodingKeys: String, CodingKey {
        case format = "taproom-kind"
        case word, summary, version, package, formerly, program, arguments, environment, `protocol`, startLimit
        case migrations, settings, state, blocking, datagrams
    }
}
