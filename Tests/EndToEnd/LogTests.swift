import Glibc
import TapData
import TapTesting
import Testing

/// Where the log goes, how it is put aside, and what is never in it.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct LogTests {
    private let bench: Bench

    init() async throws {
        bench = try Bench()
        try bench.folder.write("hello\n", to: "index.html")
        try await bench.done("mktap", "web", "--static", ".", "--listen", "tcp:0:interface=127.0.0.1")
    }

    /// Starts with a log file and waits until that says that it serves.
    private func serve(_ arguments: String...) async throws -> Served {
        let program = try Program(
            "\(Bench.programs)/tapd", ["-f", "web.tap", "-l", "log"] + arguments, in: bench.folder.path)
        return try await Served(program: program, line: bench.line(in: "log", containing: " serving "))
    }

    @Test func linesOfJSONCanBeRead() async throws {
        let program = try bench.start("-f", "web.tap", "--log-format", "json")
        _ = try await program.line(containing: "\"serving\"")
        program.signal(SIGTERM)
        let outcome = try await program.end()
        let lines = try outcome.output.split(separator: "\n").map { try JSONReader.read(String($0)).datum }
        #expect(lines.compactMap { $0["message"]?.string } == ["serving", "stopping", "stopped"])
        #expect(lines.allSatisfy { $0["level"] == .string("notice") && $0["time"] != nil })
    }

    @Test func whatIsInTheFileIsNotOnTheTerminal() async throws {
        let outcome = try await serve().stop()
        #expect(outcome.output == "" && outcome.errors == "")
        #expect(bench.text("log").split(separator: "\n").count == 3)
    }

    @Test func aFileThatIsFullIsPutAside() async throws {
        let served = try await serve("--log-size", "1kB", "--log-keep", "2")
        // Each adds a line of more than a hundred bytes; a signal that comes with another waiting is one with it.
        while !bench.has("log.2") || !bench.text("log.1").contains("error: ") { served.program.signal(SIGHUP) }
        #expect(try await served.stop().status == 0)
        #expect(bench.has("log") && bench.has("log.1") && bench.has("log.2") && !bench.has("log.3"))
        for name in ["log", "log.1", "log.2"] { #expect(bench.text(name).utf8.count <= 1000) }
    }

    @Test func aFileThatWasMovedAwayIsBegunAnew() async throws {
        let served = try await serve()
        rename(bench.folder["log"], bench.folder["old"])
        served.program.signal(SIGUSR1)
        wait { bench.has("log") }
        #expect(try await served.stop().status == 0)
        #expect(bench.text("old").contains(" serving ") && !bench.text("old").contains(" stopp"))
        #expect(bench.text("log").contains(" stopping ") && bench.text("log").contains(" stopped "))
        #expect(names(of: bench) == ["index.html", "log", "old", "web.tap"])
    }

    @Test func aFileThatIsThereIsPutAside() async throws {
        let served = try await serve()
        served.program.signal(SIGUSR1)
        wait { bench.has("log.1") && bench.has("log") }
        #expect(try await served.stop().status == 0)
        #expect(bench.text("log.1").contains(" serving "))
        #expect(bench.text("log").contains(" stopping ") && !bench.text("log").contains(" serving "))
    }

    @Test(.enabled(if: access("/dev/log", F_OK) != 0, "a syslog daemon runs here"))
    func aDaemonThatIsNotThereIsSaid() async throws {
        for words in [["--syslog"], ["-D", "--syslog", "--prefix", "mine"]] {
            let outcome = try await Program.run(
                "\(Bench.programs)/tapd", ["-f", "web.tap"] + words, in: bench.folder.path)
            #expect(outcome.status == 73)
            #expect(
                outcome.errors
                    == "tapd: cannot reach the syslog daemon at /dev/log: no such file or directory. Start the daemon, or log to a file with --logfile.\n"
            )
        }
        #expect(names(of: bench) == ["index.html", "web.tap"])
    }

    @Test func noPassphraseIsEverWritten() async throws {
        let passphrase = "correct horse battery staple"
        try bench.folder.write(passphrase + "\n", to: "secret")
        try await bench.done(
            "mktap", "-e", "--passphrase-file", "secret", "--force", "web", "--static", ".", "--listen",
            "tcp:0:interface=127.0.0.1")
        let served = try await serve("--passphrase-file", "secret", "--log-level", "trace", "--log-size", "0")
        #expect(try await served.curl("/") == "hello\n\n200")
        try await bench.done("tapctl", "snapshot", "web.tap", "kept")
        try await bench.done("tapctl", "upgrade", "web.tap")
        let successor = try await bench.runner(of: "web.tap")
        #expect(try await served.curl("/") == "hello\n\n200")
        // Nor does anybody see it who looks at processes.
        for name in ["cmdline", "environ"] {
            #expect(!text(of: "/proc/\(successor.process)/\(name)").contains(passphrase))
        }
        try await bench.done("tapctl", "logs", "web.tap")
        try await bench.done("tapctl", "stop", "web.tap")
        let outcome = try await served.program.end()
        let log = bench.text("log")
        #expect(log.contains(" stopped "))
        for text in [log, outcome.output, outcome.errors] {
            #expect(!text.contains(passphrase) && !text.contains("battery"))
        }
    }
}
