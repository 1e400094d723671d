import Glibc
import TapTesting
import Testing

/// The README's tour, command by command: what it shows is what happens.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct TourTests {
    /// A command of the tour and the output that is shown under it.
    private struct Step {
        var command: String
        var output: String
    }

    @Test func everyCommandOfTheReadmePrintsWhatItShows() async throws {
        let folder = try TemporaryFolder()
        let steps = try await Self.steps()
        #expect(steps.count >= 15)
        let port = try await Self.freePort()
        let path = "\(Bench.programs):" + (getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin")
        var running: Program?
        for step in steps {
            let command = step.command.replacing("8080", with: port)
            let expected = Self.normalized(step.output)
            let actual = { (text: String) in
                Self.normalized(text.replacing(port, with: "8080").replacing(folder.path, with: "/home/ada"))
            }
            if command.hasPrefix("tapd ") {
                let program = try Program(
                    "sh", ["-c", "exec " + command], in: folder.path, environment: ["PATH": path])
                let line = try await program.line(containing: " serving ")
                #expect(actual(line) == expected, "\(command)")
                running = program
            } else {
                let outcome = try await Program.run(
                    "sh", ["-c", command], in: folder.path, environment: ["PATH": path])
                #expect(actual(outcome.output + outcome.errors) == expected, "\(command)")
                if command.hasPrefix("tapctl stop"), let running { #expect(try await running.end().status == 0) }
            }
        }
    }

    /// The steps in the blocks marked `console`: a line that begins with `$ `, then what it prints.
    private static func steps() async throws -> [Step] {
        let root = String(#filePath.dropLast("/Tests/EndToEnd/TourTests.swift".count))
        let text = try await Program.run("cat", ["README.md"], in: root).output
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
        return steps
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
            .replacing(/\ +/, with: " ").replacing(/\n+$/, with: "")
    }

    private static func freePort() async throws -> String {
        let script = "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"
        return String(try await Program.run("python3", ["-c", script], in: "/").output.dropLast())
    }
}
