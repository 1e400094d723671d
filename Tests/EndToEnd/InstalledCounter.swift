import Glibc
import TapData
import TapTesting

/// A site with the program of tests that there is in two versions, installed as dpkg does it.
///
/// Another file takes the place of the one that runs. The program runs as a user who is not root, and its description is
/// root's.
final class InstalledCounter: Sendable {
    let bench: Bench
    /// Who the program runs as when the tests are root's.
    static let user = "65534"

    /// Installs the first version, called by several names, and writes a description for it.
    init() async throws {
        bench = try Bench()
        chmod(bench.folder.path, 0o755)
        for folder in ["lib", "etc", "var"] { try bench.folder.makeFolder(folder) }
        chmod(bench.folder["lib"], 0o755)
        chmod(bench.folder["etc"], 0o755)
        if geteuid() == 0 { chown(bench.folder["var"], 65534, 65534) }
        for name in ["tapd", "tapctl"] { try bench.folder.link("lib/\(name)", to: "counter") }
        try await install("1")
        try describe("word: one")
    }

    /// Puts a version in the place of the one that is there: its number, and what is wrong with it.
    func install(_ version: String) async throws {
        let script = "cp \"$0\" lib/counter.new && chmod 755 lib/counter.new && mv lib/counter.new lib/counter"
        let copy = try await Program.run("sh", ["-c", script, "\(Bench.programs)/counter"], in: bench.folder.path)
        guard copy.status == 0 else { throw TestFailure(copy.errors) }
        try bench.folder.write(version + "\n", to: "lib/version")
        chmod(bench.folder["lib/version"], 0o644)
    }

    /// Writes the description: some more keys of the service, and some more services.
    func describe(_ keys: String..., services: String = "") throws {
        try bench.folder.write(
            """
            taproom: 1
            name: site
            services:
              - name: c
                kind: counter
                listen: tcp:0:interface=127.0.0.1
                \(keys.joined(separator: "\n    "))
              \(services)
            """, to: "etc/site.yaml")
        chmod(bench.folder["etc/site.yaml"], 0o644)
    }

    var tap: String { bench.folder["var/site.tap"] }

    /// Starts it: `call` is how a shell calls the program; without `isFavoringRunning` a conflict keeps it from going on.
    func serve(_ call: String = "exec lib/tapd", isFavoringRunning: Bool = true) async throws -> Served {
        let side = isFavoringRunning ? " --on-conflict running" : ""
        let arguments = "-y \(bench.folder["etc/site.yaml"]) --tap \(tap)\(side)"
        let words = ["sh", "-c", "\(call) \(arguments)"]
        let become = ["setpriv", "--reuid", Self.user, "--regid", Self.user, "--clear-groups"]
        let all = geteuid() == 0 ? become + words : words
        let program = try Program(all[0], Array(all.dropFirst()), in: bench.folder.path)
        return try await Served(program: program, line: program.line(containing: " serving "))
    }

    func tapctl(_ verb: String, _ arguments: String...) async throws -> Program.Outcome {
        try await Program.run(bench.folder["lib/tapctl"], [verb, tap] + arguments, in: bench.folder.path)
    }

    /// Runs a verb that has to succeed with `--json`, and answers what it printed as data.
    func json(_ verb: String, _ arguments: String...) async throws -> Datum {
        let outcome = try await Program.run(
            bench.folder["lib/tapctl"], [verb, tap, "--json"] + arguments, in: bench.folder.path)
        guard outcome.status == 0 else { throw TestFailure("\(verb): \(outcome.errors)") }
        return try JSONReader.read(outcome.output).datum
    }

    /// The process that runs it.
    func runner() async throws -> Background {
        Background(process: Int32(try await json("status")["pid"]?.integer ?? 0))
    }

    /// The revisions, a line each: the kind, the status and the comment.
    func history() async throws -> [String] {
        (try await json("history").array ?? []).map { revision in
            ["kind", "status", "comment"].compactMap { revision[$0]?.string }.joined(separator: " ")
        }
    }

    /// What the kernel says of the file a process runs.
    static func file(of process: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/\(process)/exe", &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension Served {
    /// What a new client is given.
    func ask() async throws -> String {
        String(decoding: try await connect().receiveAll().dropLast(), as: UTF8.self)
    }
}
