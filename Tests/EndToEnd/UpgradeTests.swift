import Glibc
import TapData
import TapTesting
import Testing

/// A new program takes over what runs, and nobody who connects notices.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct UpgradeTests {
    private let bench: Bench
    private let listen = "tcp:0:interface=127.0.0.1"

    init() async throws {
        bench = try Bench()
        chmod(bench.folder.path, 0o755)
        try bench.folder.write("hello\n", to: "site/index.html")
        try await bench.done("mktap", "web", "--static", "site", "--listen", listen)
    }

    /// The end of what serves now, and of the program that was started first and whose output it has.
    private func stop(_ served: Served, _ tap: String) async throws {
        try await bench.done("tapctl", "stop", tap)
        let outcome = try await served.program.end()
        #expect(outcome.status == 0)
        #expect(outcome.errors == "")
        #expect(outcome.output.contains(" stopped "))
    }

    @Test(arguments: ["signal", "tapctl", "json"])
    func theNextProgramServesOnTheSamePort(way: String) async throws {
        let served = try await bench.serve("-f", "web.tap", "--pidfile", "pid")
        #expect(try await served.curl("/") == "hello\n\n200")
        let old = Int64(served.program.process)
        switch way {
        case "signal":
            served.program.signal(SIGUSR2)
            _ = try await served.program.line(containing: " handed over ")
        case "json":
            let process = try await bench.json("tapctl", "upgrade", "web.tap")["process"]?.integer
            #expect(process != nil && process != old)
        default:
            let line = try await bench.done("tapctl", "upgrade", "web.tap")
            #expect(line.hasPrefix("web.tap: runs in process ") && line.hasSuffix(" now\n"))
        }
        let successor = try await bench.runner(of: "web.tap")
        #expect(Int64(successor.process) != old)
        #expect(bench.text("pid") == "\(successor.process)\n")
        #expect(try await served.curl("/") == "hello\n\n200")
        let counted = try await bench.json("tapctl", "show", "web.tap", "web.state.counters.requests.2xx")
        #expect(counted == .integer(2))
        try await stop(served, "web.tap")
        #expect(names(of: bench) == ["site", "web.tap"])
    }

    @Test func eachServiceGetsItsOwnPort() async throws {
        for name in ["zebra", "ant", "mole"] {
            try bench.folder.write("\(name)\n", to: "\(name)/index.html")
            try await bench.done("tapctl", "add", "--name", name, "web", "--static", name, "--listen", listen)
        }
        let served = try await bench.serve("-f", "web.tap")
        try await bench.done("tapctl", "upgrade", "web.tap")
        for (port, answer) in zip(served.ports, ["hello", "zebra", "ant", "mole"]) {
            let outcome = try await Program.run("curl", ["-s", "http://127.0.0.1:\(port)/"], in: "/")
            #expect(outcome.output == answer + "\n")
        }
        try await stop(served, "web.tap")
    }

    @Test func unixSocketsAndEncryptedTapsAreHandedOverToo() async throws {
        try bench.folder.write("correct horse\n", to: "secret")
        try await bench.done(
            "mktap", "-e", "--passphrase-file", "secret", "-o", "sealed.tap", "web", "--static", "site", "--listen",
            "unix:\(bench.folder["site.sock"])")
        let served = try await bench.serve("-f", "sealed.tap", "--passphrase-file", "secret")
        // What opens it goes from the one to the other.
        unlink(bench.folder["secret"])
        for _ in 0..<2 {
            try await bench.done("tapctl", "upgrade", "sealed.tap")
            let page = try await Program.run(
                "curl", ["-s", "--unix-socket", bench.folder["site.sock"], "http://localhost/"], in: "/")
            #expect(page.output == "hello\n")
        }
        let successor = try await bench.runner(of: "sealed.tap")
        try await stop(served, "sealed.tap")
        withExtendedLifetime(successor) {}
        #expect(names(of: bench) == ["sealed.tap", "site", "web.tap"])
    }

    @Test func relativePathsAreThoseOfTheFirstStart() async throws {
        try bench.folder.makeFolder("run")
        let served = try await bench.serve("-f", "web.tap", "--rundir", "run", "--pidfile", "pid")
        for _ in 0..<3 { try await bench.done("tapctl", "upgrade", "web.tap") }
        let successor = try await bench.runner(of: "web.tap")
        #expect(bench.text("pid") == "\(successor.process)\n")
        #expect(try await bench.json("tapctl", "status", "web.tap")["tap"] == .string(bench.folder["web.tap"]))
        #expect(try await served.curl("/") == "hello\n\n200")
        try await stop(served, "web.tap")
        #expect(names(of: bench) == ["run", "site", "web.tap"])
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give root up"))
    func theNextProgramIsTheSameUser() async throws {
        // Where everybody may start it, as they may where programs are installed.
        try bench.folder.makeFolder("bin")
        let tapd = bench.folder["bin/tapd"]
        let copy = try await Program.run("install", ["-m", "755", "\(Bench.programs)/tapd", tapd], in: "/")
        try #require(copy.status == 0, "\(copy.errors)")
        let program = try Program(
            tapd, ["-f", "web.tap", "--uid", "65534", "--pidfile", "pid"], in: bench.folder.path)
        let served = try await Served(program: program, line: program.line(containing: " serving "))
        try await bench.done("tapctl", "upgrade", "web.tap")
        let successor = try await bench.runner(of: "web.tap")
        let ids = try await Program.run(
            "sh", ["-c", "cat /proc/\(successor.process)/task/*/status | grep -E '^(Uid|CapEff):' | sort -u"], in: "/")
        #expect(ids.output == "CapEff:\t0000000000000000\nUid:\t65534\t65534\t65534\t65534\n")
        #expect(try await served.curl("/") == "hello\n\n200")
        #expect(bench.has("pid"))
        try await stop(served, "web.tap")
        wait { names(of: bench) == ["bin", "site", "web.tap"] }
    }

    @Test func noNumberIsGivenTwiceAndNobodyIsRefused() async throws {
        let bench = try Bench(program: "fibonacci")
        try await bench.done("mktap", "fibonacci", "--listen", listen)
        let served = try await bench.serve("-f", "fibonacci.tap")
        let port = UInt16(served.port)
        let given = try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var mine: [String] = []
                    while !Task.isCancelled {
                        let client = try TestConnection(to: .tcp(host: "127.0.0.1", port: port))
                        mine.append(String(decoding: try await client.receiveAll(), as: UTF8.self))
                    }
                    return mine
                }
            }
            for _ in 0..<20 { try await bench.done("tapctl", "upgrade", "fibonacci.tap") }
            group.cancelAll()
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(given.allSatisfy { $0.hasSuffix("\n") })
        // 1 stands in the sequence twice.
        #expect(given.count { $0 == "1\n" } == 2)
        #expect(Set(given).count == given.count - 1)
        #expect(given.count > 100)
        try await bench.done("tapctl", "stop", "fibonacci.tap")
        #expect(try await served.program.end().status == 0)
        #expect(try await bench.done("tapctl", "verify", "fibonacci.tap") == "fibonacci.tap: no problems found\n")
    }

    @Test func inMemoryThereIsNothingToHandOver() async throws {
        let served = try await bench.serve("--control", "control", "web", "--static", "site", "--listen", listen)
        let outcome = try await bench.run("tapctl", "upgrade", "--control", "control")
        #expect(outcome.status == 69)
        #expect(
            outcome.errors.hasPrefix("tapctl: the application can't be handed to a new program: it is in memory only"))
        #expect(try await served.curl("/") == "hello\n\n200")
        #expect(try await served.stop().status == 0)
    }
}
