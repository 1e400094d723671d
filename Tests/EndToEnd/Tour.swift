import Glibc
import TapTesting
import Testing

/// The commands of a document and what it shows under them, carried out.
struct Tour {
    /// A command and the output that is shown under it.
    private struct Step {
        var command: String
        var output: String
    }

    /// The folder of the repository.
    private static let root = String(#filePath.dropLast("/Tests/EndToEnd/Tour.swift".count))

    private let steps: [Step]

    /// The steps in a document's blocks marked `console`: a line that begins with `$ `, more lines of the command that begin
    /// with `> `, then what it prints.
    ///
    /// Throws when the document can't be read.
    init(_ document: String) async throws {
        let text = try await Program.run("cat", [document], in: Self.root).output
        var steps: [Step] = []
        var isInside = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                isInside = line == "```console"
            } else if isInside, line.hasPrefix("$ ") {
                steps.append(Step(command: String(line.dropFirst(2)), output: ""))
            } else if isInside, line.hasPrefix("> "), let last = steps.last, last.output.isEmpty {
                steps[steps.count - 1].command += "\n" + line.dropFirst(2)
            } else if isInside, !steps.isEmpty {
                steps[steps.count - 1].output += line + "\n"
            }
        }
        self.steps = steps
    }

    /// How many commands there are.
    var count: Int { steps.count }

    /// Runs all commands in a folder of their own, and compares what they print.
    ///
    /// `environment` has variables besides those of the test.
    func play(environment: [String: String] = [:]) async throws {
        let folder = try TemporaryFolder()
        let ports = try await TourPorts()
        let path = "\(Bench.programs):" + (getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin")
        let environment = environment.merging(["PATH": path]) { $1 }
        var running: [String: Program] = [:]
        for step in steps {
            let command = ports.given(step.command)
            let expected = Self.normalized(step.output)
            let actual = { (text: String) in
                Self.normalized(
                    ports.shown(text).replacing(folder.path, with: "/home/ada")
                        .replacing(Self.root, with: "/home/ada/taproom"))
            }
            if command.contains(#/^([a-z-]+ )?tapd /#) {
                let tap = Self.tap(of: command)
                // One that was killed has to be gone before the next one can have its tap.
                if let former = running.removeValue(forKey: tap) { _ = try await former.end() }
                let program = try Program(
                    "sh", ["-c", "exec " + command], in: folder.path, environment: environment)
                let line = try await program.line(containing: " serving ")
                #expect(actual(line) == expected, "\(command)")
                running[tap] = program
            } else {
                let outcome = try await Program.run(
                    "sh", ["-c", command], in: folder.path, environment: environment)
                #expect(actual(outcome.output + outcome.errors) == expected, "\(command)")
                guard command.contains("tapctl stop"), let tap = outcome.output.split(separator: ":").first else {
                    continue
                }
                if let program = running.removeValue(forKey: String(tap)) {
                    #expect(try await program.end().status == 0)
                }
            }
        }
    }

    /// The tap that a runner is started on: one that is named, or the one that is made of a description.
    private static func tap(of command: String) -> String {
        let words = command.split(separator: " ")
        if let tap = words.first(where: { $0.hasSuffix(".tap") }) { return String(tap) }
        let description = words.first { $0.hasSuffix(".yaml") } ?? ""
        return description.dropLast(".yaml".count) + ".tap"
    }

    /// A text with what differs from run to run made equal: moments, process numbers, the name of the user, and the
    /// spaces that depend on their width.
    private static func normalized(_ text: String) -> String {
        let user = String(cString: getpwuid(geteuid()).pointee.pw_name)
        return text.replacing(/\d{4}-\d\d-\d\dT[0-9:.]+Z/, with: "TIME").replacing(/process \d+/, with: "process N")
            .replacing(/lose \d+ s/, with: "lose N s").replacing(/\d+ bytes/, with: "N bytes")
            .replacing(/\d+\.\d kB/, with: "N kB").replacing(" \(user) ", with: " ada ")
            .replacing(", \(user))", with: ", ada)").replacing("\r\n", with: "\n").replacing(/\ +/, with: " ")
            .replacing(/\n+$/, with: "")
    }
}

/// Free ports in place of those that documents name.
private struct TourPorts {
    private static let shown = ["8080", "8081", "8082"]
    private let given: [String]

    init() async throws {
        let script = """
            import socket
            sockets = [socket.create_server(('127.0.0.1', 0)) for _ in range(\(Self.shown.count))]
            print(*(s.getsockname()[1] for s in sockets))
            """
        given = try await Program.run("python3", ["-c", script], in: "/").output.split { " \n".contains($0) }.map(
            String.init)
    }

    /// A command with the ports that are free.
    func given(_ text: String) -> String { Self.replaced(text, Self.shown, with: given) }

    /// An output with the ports of the document.
    func shown(_ text: String) -> String { Self.replaced(text, given, with: Self.shown) }

    private static func replaced(_ text: String, _ from: [String], with to: [String]) -> String {
        text.replacing(/\d+/) { match in
            from.firstIndex(of: String(match.output)).map { to[$0] } ?? String(match.output)
        }
    }
}
