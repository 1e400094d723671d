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

    /// The steps in a document's blocks marked `console`: a line that begins with `$ `, then what it prints.
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
        let port = try await Self.freePort()
        let path = "\(Bench.programs):" + (getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin")
        let environment = environment.merging(["PATH": path]) { $1 }
        var running: Program?
        for step in steps {
            let command = step.command.replacing("8080", with: port)
            let expected = Self.normalized(step.output)
            let actual = { (text: String) in
                Self.normalized(
                    text.replacing(port, with: "8080").replacing(folder.path, with: "/home/ada")
                        .replacing(Self.root, with: "/home/ada/taproom"))
            }
            if command.contains(#/^([a-z]+ )?tapd /#) {
                let program = try Program(
                    "sh", ["-c", "exec " + command], in: folder.path, environment: environment)
                let line = try await program.line(containing: " serving ")
                #expect(actual(line) == expected, "\(command)")
                running = program
            } else {
                let outcome = try await Program.run(
                    "sh", ["-c", command], in: folder.path, environment: environment)
                #expect(actual(outcome.output + outcome.errors) == expected, "\(command)")
                if command.contains("tapctl stop"), let running { #expect(try await running.end().status == 0) }
            }
        }
    }

    /// A text with what differs from run to run made equal: moments, process numbers, the name of the user, and the
    /// spaces that depend on their width.
    private static func normalized(_ text: String) -> String {
        let user = String(cString: getpwuid(geteuid()).pointee.pw_name)
        return text.replacing(/\d{4}-\d\d-\d\dT[0-9:.]+Z/, with: "TIME").replacing(/process \d+/, with: "process N")
            .replacing(/lose \d+ s/, with: "lose N s").replacing(/\d+ bytes/, with: "N bytes").replacing(
                /\d+\.\d kB/, with: "N kB"
            ).replacing(
                " \(user) ", with: " ada "
            )
            .replacing("\r\n", with: "\n").replacing(/\ +/, with: " ").replacing(/\n+$/, with: "")
    }

    private static func freePort() async throws -> String {
        let script = "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"
        return String(try await Program.run("python3", ["-c", script], in: "/").output.dropLast())
    }
}
