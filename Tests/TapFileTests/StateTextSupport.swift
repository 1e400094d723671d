import ArgumentParser
import ServiceLifecycle
import TapData
@testable import TapFile
import TapTesting
import Taproom
import Testing

/// A kind that remembers anything, under keys of every type.
struct Keeper: ServiceKind {
    static let word = "keeper"
    static let summary = "Remembers."

    struct Settings: ServiceSettings {}
    struct Options: ServiceOptions { func settings() throws -> Settings { Settings() } }

    static let one = Cell("one", initial: Datum.null, durability: .always)
    static let count = Cell("count", initial: 0, durability: .always)
    static let byText = Table("by-text", of: Datum.self, by: String.self, durability: .always)
    static let byNumber = Table("by-number", of: Datum.self, by: Int64.self, durability: .always)
    static let byBytes = Table("by-bytes", of: Datum.self, by: [UInt8].self, durability: .always)
    static let state: [any StateDeclaration] = [one, count, byText, byNumber, byBytes]

    struct Nothing: Service { func run() async throws {} }

    static func makeService(settings: Settings, context: ServiceContext) async throws -> any Service { Nothing() }
}

let keepers = KindList([Keeper.self])

func keeper(_ name: String, services: [ServiceDefinition] = []) -> ServiceDefinition {
    ServiceDefinition(name: name, kind: "keeper", services: services)
}

/// The text of a tap's state.
func stateText(of tap: Tap) throws -> String {
    var text: [UInt8] = []
    try StateText.write(of: tap) { text += $0 }
    return String(decoding: text, as: UTF8.self)
}

/// The text of the state of a tap that is opened as a tool does.
func stateText(of path: String, _ passphrase: String? = nil) throws -> String {
    let tap = try Tap(opening: path, for: .reading, passphrase: passphrase)
    defer { try? tap.close() }
    return try stateText(of: tap)
}

/// Lines between the first and the last one of a state text.
func stateText(_ lines: String...) -> String {
    (["{\"taproom-state\":1}"] + lines + ["{\"taproom-state\":\"end\"}", ""]).joined(separator: "\n")
}

func initial(_ text: String, kinds: KindList = keepers) -> InitialState {
    InitialState(StateTextSource(Array(text.utf8), name: "site.state"), kinds: kinds)
}

/// Makes a tap that begins with a state, and opens it for writing.
func withTap<Result>(
    _ application: Application, state text: String, kinds: KindList = keepers, _ body: (Tap) throws -> Result
) throws -> Result {
    try withTemporaryFolder { folder in
        let path = folder + "/site.tap"
        try Tap.make(path, application, state: initial(text, kinds: kinds), by: ada)
        let tap = try Tap(opening: path, for: .writing)
        let result = try body(tap)
        try tap.close()
        return result
    }
}
