import Glibc
import TapData
import TapTesting

/// The programs as they were built with the tests, at work in a folder of their own.
final class Bench: Sendable {
    /// Where the programs are: beside the tests that run.
    static let programs: String = {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let runner = String(decoding: buffer.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // The tests are a bundle that another program may have loaded; then its path is an argument.
        let bundle = CommandLine.arguments.first { $0.contains(".xctest") } ?? runner
        return String(bundle[..<(bundle.lastIndex(of: "/") ?? bundle.startIndex)])
    }()

    let folder: TemporaryFolder
    private let prefix: [String]
    private let environment: [String: String]

    /// A bench for the shipped tools, or for those that a program of somebody's own carries.
    init(program: String? = nil, environment: [String: String] = [:]) throws {
        folder = try TemporaryFolder()
        self.environment = environment
        prefix = program.map { [$0] } ?? []
    }

    private func command(_ tool: String, _ arguments: [String]) -> (String, [String]) {
        guard let program = prefix.first else { return ("\(Bench.programs)/\(tool)", arguments) }
        return ("\(Bench.programs)/\(program)", [tool] + arguments)
    }

    /// Runs a tool to its end.
    func run(_ tool: String, _ arguments: String...) async throws -> Program.Outcome {
        try await run(tool, arguments)
    }

    /// Runs a tool to its end.
    func run(_ tool: String, _ arguments: [String]) async throws -> Program.Outcome {
        let (path, words) = command(tool, arguments)
        return try await Program.run(path, words, in: folder.path, environment: environment)
    }

    /// Runs a tool that has to succeed, and answers what it printed.
    @discardableResult
    func done(_ tool: String, _ arguments: String...) async throws -> String {
        let (path, words) = command(tool, arguments)
        let outcome = try await Program.run(path, words, in: folder.path, environment: environment)
        guard outcome.status == 0 else {
            throw TestFailure("\(tool) \(arguments): status \(outcome.status): \(outcome.errors)")
        }
        return outcome.output
    }

    /// Runs a tool that has to succeed with `--json`, and answers what it printed as data.
    func json(_ tool: String, _ arguments: String...) async throws -> Datum {
        let (path, words) = command(tool, arguments + ["--json"])
        let outcome = try await Program.run(path, words, in: folder.path, environment: environment)
        guard outcome.status == 0 else {
            throw TestFailure("\(tool) \(arguments): status \(outcome.status): \(outcome.errors)")
        }
        return try JSONReader.read(outcome.output).datum
    }

    /// Starts an application and waits until it serves.
    func serve(_ arguments: String...) async throws -> Served {
        let (path, words) = command("tapd", arguments)
        let program = try Program(path, words, in: folder.path, environment: environment)
        return try await Served(program: program, line: program.line(containing: " serving "))
    }
}

/// An application that serves.
struct Served {
    let program: Program
    /// The line that said so.
    let line: String

    /// The TCP ports, in the order of the services.
    var ports: [Int] {
        line.split { " =\"".contains($0) }.compactMap { word in
            word.hasPrefix("tcp:") ? word.split(separator: ":").dropFirst().first.flatMap { Int($0) } : nil
        }
    }

    var port: Int { ports.first ?? 0 }

    /// Stops it in the regular way.
    func stop(_ signal: CInt = SIGTERM) async throws -> Program.Outcome {
        program.signal(signal)
        return try await program.end()
    }

    /// What curl gets, with the status of the answer as the last line.
    func curl(_ path: String, _ options: String...) async throws -> String {
        let words = ["-s", "--max-time", "30", "-w", "\n%{http_code}"] + options + ["http://127.0.0.1:\(port)\(path)"]
        return try await Program.run("curl", words, in: "/").output
    }
}

extension Datum {
    /// The value at a path of keys and indices.
    subscript(path: String...) -> Datum? {
        path.reduce(self) { value, step in
            if case .array(let elements)? = value, let index = Int(step) {
                return elements.indices.contains(index) ? elements[index] : nil
            }
            return value?.object?[step]
        }
    }

    var integer: Int64? {
        if case .integer(let integer) = self { integer } else { nil }
    }

    var array: [Datum]? {
        if case .array(let elements) = self { elements } else { nil }
    }
}
