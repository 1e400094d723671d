import Glibc
import TapTesting
import Testing

/// The commands of a document and what it shows under them, carried out.
struct Tour {
    /// The documents that are played: all that show commands.
    static let pages =
        ["README", "docs/foreign-kinds"]
        + ["running", "changing", "state", "logs", "metrics", "schema", "tap-file", "api", "packaging"].map {
            "docs/\($0)"
        }
        + [
            "echo", "chat", "publish-subscribe", "one-time-keys", "first-kind", "state", "live-change", "packaging",
            "operations", "cache", "weblog", "proxy",
        ].map { "docs/tutorial/\($0)" }
        + [
            "group", "web-own", "web", "web-access", "web-logs", "web-programs", "web-proxy", "portforward", "socks",
            "procmon", "inetd", "telnet",
        ].map { "docs/kinds/\($0)" }

    private let steps: [ShownCommand]

    /// The steps in a document's blocks marked `console`.
    ///
    /// Throws when the document can't be read.
    init(_ document: String) async throws {
        steps = try await Document(document).blocks.filter { $0.mark == "console" }.flatMap(\.commands)
    }

    /// How many commands there are.
    var count: Int { steps.count }

    /// Runs all commands in a folder of their own, and compares what they print.
    ///
    /// `environment` has variables besides those of the test.
    func play(environment: [String: String] = [:]) async throws {
        let stage = try await TourStage(environment: environment)
        do {
            for step in steps { try await stage.perform(step) }
        } catch {
            await stage.clear()
            throw error
        }
        let left = await stage.clear()
        #expect(left.isEmpty, "still running at the end of the page: \(left)")
    }
}
