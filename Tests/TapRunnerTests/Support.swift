import TapTesting
import ArgumentParser
import CTapSystem
import Glibc
import Logging
import ServiceLifecycle
import TapData
import Taproom

/// A kind for tests: it counts its starts and runs until it is stopped, or does what its greeting says.
struct Greeter: ServiceKind {
    static let word = "greeter"
    static let summary = "Greets."
    static let settingsMigration = Migration<Settings>(version: 2)

    struct Settings: ServiceSettings {
        var listen: OneOrMore<Endpoint> = []
        var greeting = "Hello"
        var endpoints: [Endpoint] { listen.elements }
    }

    struct Options: ServiceOptions {
        func settings() throws -> Settings { Settings() }
    }

    static let starts = Cell("starts", initial: 0, durability: .always)
    static let greetings = Cell("greetings", initial: 0, durability: .snapshot)
    static let state: [any StateDeclaration] = [starts, greetings]

    static func makeService(settings: Settings, context: ServiceContext) async throws -> any Service {
        try await context.open(starts).update { $0 += 1 }
        try await context.open(greetings).update { $0 += 1 }
        if settings.greeting == "refuse" { throw Refused() }
        return Waiting(greeting: settings.greeting)
    }

    struct Refused: Error, CustomStringConvertible {
        var description: String { "it will not" }
    }

    struct Waiting: Service {
        let greeting: String

        func run() async throws {
            switch greeting {
            case "fail": throw Refused()
            case "end": return
            default: try? await gracefulShutdown()
            }
        }
    }
}

let kinds = KindList([Greeter.self])
let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

func greeter(_ name: String, _ greeting: String = "Hello", listen: [String] = [], version: Int = 2) -> ServiceDefinition
{
    ServiceDefinition(
        name: name, kind: "greeter", settingsVersion: version,
        settings: ["listen": .array(listen.map { .string($0) }), "greeting": .string(greeting)])
}

func application(_ services: ServiceDefinition...) -> Application { Application(name: "site", services: services) }

/// Whether somebody accepts connections at a unix socket.
func accepts(_ path: String) -> Bool {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
    let probe = tap_socket(AF_UNIX, CInt(SOCK_STREAM.rawValue))
    defer { close(probe) }
    return withUnsafeBytes(of: address) { bytes in
        bytes.withMemoryRebound(to: sockaddr.self) { connect(probe, $0.baseAddress, socklen_t(bytes.count)) == 0 }
    }
}

/// The text of a file.
func text(of path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var content = [UInt8](repeating: 0, count: 1 << 16)
    let count = fread(&content, 1, content.count, file)
    return String(decoding: content.prefix(count), as: UTF8.self)
}
