import Glibc
import TapTesting
import Testing

/// Where the commands of a document are carried out: a folder of their own, free ports, and what was started there.
final class TourStage {
    private let folder: TemporaryFolder
    private let ports: TourPorts
    private let environment: [String: String]
    private var running: [String: Program] = [:]

    /// A stage with variables besides those of the test.
    ///
    /// Throws when there is no folder or no free port.
    init(environment: [String: String]) async throws {
        folder = try TemporaryFolder()
        ports = try await TourPorts()
        let path = "\(Bench.programs):" + (getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin")
        self.environment = environment.merging(["PATH": path, "HOME": folder.path]) { $1 }
    }

    /// Carries a command out, and compares what it prints with what is shown.
    func perform(_ step: ShownCommand) async throws {
        let command = ports.given(step.command).replacing("/home/ada/taproom", with: Document.root)
            .replacing("/home/ada", with: folder.path)
        let printed = try await serves(command) ? start(command) : run(command)
        let actual = ports.shown(printed).replacing(Document.root, with: "/home/ada/taproom")
            .replacing(folder.path, with: "/home/ada")
        #expect(
            ShownText(step.output).fits(actual),
            "\(step.command)\nis shown with:\n\(step.output)\nand prints:\n\(actual)")
    }

    /// Whether a command is a runner in the foreground, which goes on beside those that follow.
    private func serves(_ command: String) -> Bool {
        command.contains(#/^([a-z-]+ )?tapd /#) && !command.contains(#/tapd (.* )?-(D|-daemon|-help|-version)/#)
    }

    /// Starts a runner and answers the line that says that it serves.
    private func start(_ command: String) async throws -> String {
        let tap = Self.tap(of: command)
        // One that was killed has to be gone before the next one can have its tap.
        if let former = running.removeValue(forKey: tap) { _ = try await former.end() }
        let program = try Program("sh", ["-c", "exec " + command], in: folder.path, environment: environment)
        running[tap] = program
        return try await program.line(containing: "serving")
    }

    /// Runs a command to its end; what it says of mistakes comes as on a terminal, in its place.
    private func run(_ command: String) async throws -> String {
        let outcome = try await Program.run(
            "sh", ["-c", "exec 2>&1\n" + command], in: folder.path, environment: environment)
        for line in outcome.output.split(separator: "\n") where line.hasSuffix(".tap: stopped") {
            guard let program = running.removeValue(forKey: String(line.dropLast(": stopped".count))) else { continue }
            #expect(try await program.end().status == 0)
        }
        return outcome.output
    }

    /// Ends what still runs, also in the background and after an upgrade, and says which taps that were.
    @discardableResult
    func clear() async -> [String] {
        let stop = "for s in *.sock; do tapctl stop ${s%.sock}.tap >/dev/null 2>&1 && echo ${s%.sock}.tap; done"
        let stopped = try? await Program.run("sh", ["-c", stop], in: folder.path, environment: environment)
        let left = Set(running.keys).union((stopped?.output ?? "").split(separator: "\n").map(String.init))
        running = [:]
        return left.sorted()
    }

    /// The tap that a runner is started on: one that is named, or the one that is made of a description.
    private static func tap(of command: String) -> String {
        let words = command.split(separator: " ")
        if let tap = words.first(where: { $0.hasSuffix(".tap") }) { return String(tap) }
        let description = words.first { $0.hasSuffix(".yaml") } ?? ""
        return description.dropLast(".yaml".count) + ".tap"
    }
}
