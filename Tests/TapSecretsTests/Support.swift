import ArgumentParser
import Logging
import ServiceLifecycle
import Synchronization
import TapSecrets
import Taproom

/// A kind with secrets: it reads one when it is made, and logs it in every way it can.
struct Vault: ServiceKind {
    static let word = "vault"
    static let summary = "Keeps secrets."

    struct Settings: ServiceSettings {
        var token: Secret?
        var password: PasswordHash?
        var apiKey: String?
        var users: [String: PasswordHash] = [:]
    }

    struct Options: ServiceOptions {
        func settings() throws -> Settings { Settings() }
    }

    static func makeService(settings: Settings, context: ServiceContext) async throws -> any Service {
        let secret = try settings.token?.resolve(logger: context.logger)
        context.logger.notice("made", metadata: ["with": "\(String(describing: secret))", "settings": "\(settings)"])
        context.logger.notice("\(String(reflecting: secret))")
        return Waiting()
    }

    struct Waiting: Service {
        func run() async throws { try? await gracefulShutdown() }
    }
}

/// Collects what is logged.
final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }

    var logger: Logger { Logger(label: "test") { _ in Collector(lines: self) } }

    fileprivate func add(_ line: String) { lines.withLock { $0.append(line) } }
}

private struct Collector: LogHandler {
    let lines: Lines
    var metadata = Logger.Metadata()
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { lines.add("\(event.level): \(event.message) \(event.metadata ?? [:])") }
}
