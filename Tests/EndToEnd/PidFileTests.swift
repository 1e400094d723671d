import Glibc
import TapTesting
import Testing

/// The pid file: a lock decides, and not what is written there.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct PidFileTests {
    private let bench: Bench

    init() async throws {
        bench = try Bench()
        chmod(bench.folder.path, 0o755)
        try await bench.done("mktap", "web", "--listen", "tcp:0:interface=127.0.0.1")
    }

    private func serve(_ arguments: String...) async throws -> Served {
        let program = try Program(
            "\(Bench.programs)/tapd", ["-f", "web.tap", "--pidfile", "pid"] + arguments, in: bench.folder.path)
        return try await Served(program: program, line: program.line(containing: " serving "))
    }

    @Test(arguments: ["dead", "recycled", "empty"])
    func aFileThatIsLeftOverIsInNobodysWay(_ number: String) async throws {
        let dead = try Program("true", [], in: "/")
        _ = try await dead.end()
        // A number that was given to another process since: this one, which lives.
        let numbers = ["dead": "\(dead.process)\n", "recycled": "\(getpid())\n", "empty": ""]
        try bench.folder.write(numbers[number] ?? "", to: "pid")
        let served = try await serve()
        #expect(bench.text("pid") == "\(served.program.process)\n")
        #expect(try await served.stop().status == 0)
        #expect(names(of: bench) == ["web.tap"])
    }

    @Test func aFileOfWhoWasKilledIsInNobodysWay() async throws {
        let served = try await serve()
        served.program.signal(SIGKILL)
        _ = try await served.program.end()
        #expect(bench.text("pid") == "\(served.program.process)\n")
        let again = try await serve()
        #expect(bench.text("pid") == "\(again.program.process)\n")
        _ = try await again.stop()
        #expect(!bench.has("pid"))
    }

    @Test(arguments: ["hello\n", "12x\n", "-1\n", String(repeating: "1", count: 40)])
    func whatIsNoPidFileIsLeftAsItIs(_ content: String) async throws {
        try bench.folder.write(content, to: "pid")
        let outcome = try await bench.run("tapd", "-f", "web.tap", "--pidfile", "pid")
        #expect(outcome.status == 73)
        #expect(
            outcome.errors
                == "tapd: \(bench.folder["pid"]): is no pid file, for it holds something else, and is left as it is. Choose another place with --pidfile.\n"
        )
        #expect(bench.text("pid") == content)
    }

    @Test func whatIsNoFileIsLeftAsItIs() async throws {
        try bench.folder.makeFolder("folder")
        mkfifo(bench.folder["fifo"], 0o600)
        try bench.folder.write("1\n", to: "file")
        try bench.folder.link("link", to: "file")
        try bench.folder.link("nowhere", to: "made")
        for (name, problem) in [
            ("folder", "the pid file cannot be made: is a directory"),
            ("fifo", "is no pid file, for it holds something else, and is left as it is"),
            ("link", "is a symbolic link, which a pid file must not be"),
            ("nowhere", "is a symbolic link, which a pid file must not be"),
            ("gone/pid", "the pid file cannot be made: no such file or directory"),
        ] {
            let outcome = try await bench.run("tapd", "-f", "web.tap", "--pidfile", name)
            #expect(outcome.status == 73, "\(name)")
            #expect(outcome.errors.hasPrefix("tapd: \(bench.folder[name]): \(problem). "), "\(outcome.errors)")
        }
        #expect(bench.text("file") == "1\n")
        #expect(names(of: bench) == ["fifo", "file", "folder", "link", "nowhere", "web.tap"])
    }

    @Test func ofTwoThatStartAtOnceOneServes() async throws {
        try await bench.done("mktap", "-o", "other.tap", "web", "--listen", "tcp:0:interface=127.0.0.1")
        for _ in 0..<6 {
            let both = try ["web.tap", "other.tap"].map {
                try bench.start("-f", $0, "--pidfile", "pid", "--control", "\($0).control")
            }
            var serving: [Program] = []
            for program in both where (try? await program.line(containing: " serving ")) != nil {
                serving.append(program)
            }
            #expect(serving.count == 1)
            for program in both where program !== serving.first {
                let outcome = try await program.end()
                #expect(outcome.status == 75)
                #expect(outcome.errors.contains("/pid: the application runs already, in "))
            }
            #expect(bench.text("pid") == "\(serving.first?.process ?? 0)\n")
            serving.first?.signal(SIGTERM)
            #expect(try await serving.first?.end().status == 0)
            #expect(names(of: bench) == ["other.tap", "web.tap"])
        }
    }

    @Test func whoeverFailsLeavesNone() async throws {
        #expect(try await bench.run("tapd", "-f", "none.tap", "--pidfile", "pid").status == 66)
        try bench.folder.write("12\n", to: "pid")
        #expect(try await bench.run("tapd", "-f", "none.tap", "--pidfile", "pid").status == 66)
        #expect(names(of: bench) == ["web.tap"])
    }

    @Test func anEmptyNameIsNoFile() async throws {
        let outcome = try await bench.run("tapd", "-D", "-f", "web.tap", "--pidfile", "", "-l", "log")
        #expect(outcome.status == 0)
        #expect(names(of: bench).filter { $0.contains("pid") } == [])
        #expect(try await bench.done("tapctl", "stop", "web.tap") == "web.tap: stopped\n")
    }

    @Test(.enabled(if: geteuid() == 0, "only root can make a file of somebody else's"), arguments: [nil, "65534"])
    func aFileOfSomebodyElseIsRefused(user: String?) async throws {
        try bench.folder.write("1\n", to: "pid")
        chown(bench.folder["pid"], 33, 33)
        let words = ["-f", "web.tap", "--pidfile", "pid"] + (user.map { ["--uid", $0] } ?? [])
        let outcome = try await Program.run("\(Bench.programs)/tapd", words, in: bench.folder.path)
        #expect(outcome.status == 77)
        #expect(
            outcome.errors
                == "tapd: \(bench.folder["pid"]): the pid file belongs to the user with the number 33. Remove it, or choose another place with --pidfile.\n"
        )
        #expect(bench.text("pid") == "1\n")
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give root up"), arguments: [SIGTERM, SIGKILL])
    func inAFolderOfRootItIsRemovedAfterTheDrop(signal: CInt) async throws {
        let served = try await serve("--uid", "65534")
        var file = stat()
        lstat(bench.folder["pid"], &file)
        #expect(file.st_uid == 65534)
        served.program.signal(signal)
        _ = try await served.program.end()
        // A process of root's does it, right after this one has ended.
        wait { !bench.has("pid") && !bench.has("web.sock") }
    }
}
