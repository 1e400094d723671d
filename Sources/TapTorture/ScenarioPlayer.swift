import Glibc
import Logging
import TapData
import TapFile
import Taproom

/// Does the steps of a scenario and reports each of them.
final class ScenarioPlayer {
    /// An open tap with its writer and two cells.
    struct Session {
        let writer: TapWriter
        let count: StoredCell<Int, Always>
        let text: StoredCell<String, Always>

        func snapshot(_ name: String) async throws {
            try await writer.commit { tap in
                _ = try tap.addRevision(
                    .snapshot, snapshot: name, by: Authorship(author: "ada", origin: "torture"))
            }
        }
    }

    let scenario: Scenario
    let path: String
    let authorship = Authorship(author: "ada", origin: "torture", comment: "a step")
    private(set) var refusals = 0
    private let reports: CInt
    private var openSession: Session?

    init(_ scenario: Scenario, folder: String) {
        self.scenario = scenario
        path = folder + "/" + Scenario.tapName
        reports = open(folder + "/ack", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    }

    deinit { Glibc.close(reports) }

    static func application(greeting: String) -> Application {
        Application(
            name: "site",
            services: ["web", "api"].map { name in
                let settings: DatumObject = ["greeting": .string("\(greeting) of \(name)")]
                return ServiceDefinition(name: name, kind: "greeter", settings: settings)
            })
    }

    /// Does a step and reports it; tries once more when it is refused.
    ///
    /// Throws when it is refused twice.
    func step(_ name: String, _ body: () async throws -> Void) async throws {
        do {
            try await attempt(name, body)
        } catch {
            try await attempt(name, body)
        }
    }

    private func attempt(_ name: String, _ body: () async throws -> Void) async throws {
        do {
            try await body()
            report(.done(name))
            await reportContent()
        } catch {
            refusals += 1
            report(.refused(name, "\(error)"))
            await reportContent()
            throw error
        }
    }

    private func report(_ acknowledgement: Acknowledgement) {
        let bytes = Array(acknowledgement.text.utf8)
        write(reports, bytes, bytes.count)
    }

    private func reportContent() async {
        do {
            report(.content(try await content()))
        } catch TapFileError.missing {
            report(.content(nil))
        } catch {
            report(.unreadable("\(error)"))
        }
    }

    /// What the tap holds, asked of the writer as long as there is one.
    private func content() async throws -> String {
        if let openSession { return try await openSession.writer.perform { try WholeContent.text(of: $0) } }
        let tap = try scenario.open(path, for: .reading)
        let text = try WholeContent.text(of: tap)
        try tap.close()
        return text
    }

    func session() async throws -> Session {
        if let openSession { return openSession }
        // After a close that failed the thread of the writer may still hold the file.
        try TapLock.waitUntilFree(path)
        let tap = try scenario.open(path, for: .writing)
        // As a runner begins; what can't be written is found here.
        _ = try tap.commit { try tap.failPendingRevisions() }
        let writer = try TapWriter(tap)
        do {
            let identity = try await writer.perform { try $0.identities()["web"] ?? 0 }
            let context = ServiceContext(
                name: "web", logger: Logger(label: "torture") { _ in SwiftLogNoOpLogHandler() }, listeners: [],
                identity: identity, store: writer)
            let session = Session(
                writer: writer, count: try await context.open(Cell("count", initial: 0, durability: .always)),
                text: try await context.open(Cell("text", initial: "", durability: .always)))
            openSession = session
            return session
        } catch {
            try? await writer.close()
            throw error
        }
    }

    func close() async throws {
        let session = try await session()
        openSession = nil
        try await session.writer.close()
    }

    /// Lets go of the tap, however the scenario ended.
    func leave() async {
        try? await openSession?.writer.close()
        openSession = nil
    }
}

/// What a scenario reports.
package enum Acknowledgement: Sendable, Equatable {
    /// A step was done: what it stored must never be lost.
    case done(String)
    /// A step could not be done, and why.
    case refused(String, String)
    /// What the tap holds after a step; nil: it isn't there.
    case content(String?)
    /// The content can't be read just now, and why.
    case unreadable(String)

    var text: String {
        switch self {
        case .done(let step): "done\n\(step)"
        case .refused(let step, let error): "refused\n\(step)\n\(error)"
        case .content(nil): "missing"
        case .content(let text?): "content\n\(text)"
        case .unreadable(let error): "unreadable\n\(error)"
        }
    }

    init?(_ bytes: [UInt8]) {
        let parts = String(decoding: bytes, as: UTF8.self).split(separator: "\n", maxSplits: 1).map(String.init)
        let rest = parts.count > 1 ? parts[1] : ""
        switch parts.first {
        case "done": self = .done(rest)
        case "refused":
            let words = rest.split(separator: "\n", maxSplits: 1).map(String.init)
            self = .refused(words.first ?? "", words.count > 1 ? words[1] : "")
        case "missing": self = .content(nil)
        case "content": self = .content(rest)
        case "unreadable": self = .unreadable(rest)
        default: return nil
        }
    }
}
