import Glibc
import TapData
import TapTesting
import Testing

/// Another root folder: the application serves from inside, and leaves nothing behind outside.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct ChrootTests {
    private static let isRoot = geteuid() == 0
    private static let needsRoot: Comment = "only root can change the root folder"
    private let bench: Bench

    init() async throws {
        bench = try Bench()
        chmod(bench.folder.path, 0o755)
        try bench.folder.write("inside\n", to: "jail/site/index.html")
        try bench.folder.makeFolder("jail/taps")
        for tap in ["web.tap", "jail/taps/web.tap"] {
            try await bench.done(
                "mktap", "-o", tap, "web", "--static", "/site", "--listen", "tcp:0:interface=127.0.0.1")
        }
    }

    private func serve(_ arguments: String...) async throws -> Served {
        let words = ["--chroot", "jail", "--uid", "www-data"] + arguments
        let program = try Program("\(Bench.programs)/tapd", words, in: bench.folder.path)
        return try await Served(program: program, line: program.line(containing: " serving "))
    }

    /// What all threads of a process have in common: their root folder, and their ids.
    private func threads(of process: Int32) async throws -> Set<Substring> {
        let script = """
            for task in /proc/\(process)/task/*; do readlink $task/root; readlink $task/cwd; \
            grep -E '^(Uid|Gid):' $task/status | tr '\\t' ' '; done
            """
        return Set(try await Program.run("sh", ["-c", script], in: "/").output.split(separator: "\n"))
    }

    @Test(.enabled(if: isRoot, needsRoot), arguments: ["web.tap", "jail/taps/web.tap"])
    func servesFromInsideWhereverTheTapIs(tap: String) async throws {
        let served = try await serve("-f", tap, "--pidfile", "pid")
        #expect(try await served.curl("/") == "inside\n\n200")
        let jail = bench.folder["jail"]
        #expect(
            try await threads(of: served.program.process)
                == [jail[...], "Uid: 33 33 33 33", "Gid: 33 33 33 33"])
        let status = try await bench.json("tapctl", "status", tap)
        #expect(status["tap"] == .string(bench.folder[tap]))
        #expect(bench.text("pid") == "\(served.program.process)\n")
        let outcome = try await served.stop()
        #expect(outcome.status == 0)
        #expect(outcome.errors == "")
        // What is outside is removed by a process of root's that has stayed there.
        wait { !bench.has("pid") && !bench.has(tap + "-wal") && !bench.has(tap.dropLast(4) + ".sock") }
        #expect(names(of: bench) == ["jail", "web.tap"])
        let counted = try await bench.json("tapctl", "show", tap, "web.state.counters.requests.2xx")
        #expect(counted == .integer(1))
        #expect(try await bench.done("tapctl", "verify", tap) == "\(tap): no problems found\n")
    }

    @Test(.enabled(if: isRoot, needsRoot)) func theRunFolderIsInside() async throws {
        let served = try await serve("-f", "web.tap", "--rundir", "/site")
        let process = served.program.process
        let jail = bench.folder["jail"]
        #expect(try await threads(of: process).contains("\(jail)/site"))
        // A folder that is open outside would be a way out.
        let script = "for file in /proc/\(process)/fd/*; do test -d $file && readlink $file; done; true"
        let folders = try await Program.run("sh", ["-c", script], in: "/").output.split(separator: "\n")
        #expect(folders.allSatisfy { $0.hasPrefix(jail) }, "\(folders)")
        #expect(try await served.stop().status == 0)
    }

    @Test(.enabled(if: isRoot, needsRoot)) func busyThreadsAreNoProblemInside() async throws {
        // libdispatch looks in /proc for its threads when they are busy, as they are when several start at once.
        let words = [
            "--chroot", "jail", "--uid", "33", "web", "--static", "/site", "--listen", "tcp:0:interface=127.0.0.1",
        ]
        for _ in 0..<3 {
            let programs = try (0..<4).map { _ in
                try Program("\(Bench.programs)/tapd", words, in: bench.folder.path)
            }
            for program in programs { _ = try await program.line(containing: " serving ") }
            for program in programs { program.signal(SIGTERM) }
            for program in programs { #expect(try await program.end().status == 0) }
        }
    }

    @Test(.enabled(if: isRoot, needsRoot)) func isKilledAndComesBack() async throws {
        let served = try await serve("-f", "web.tap")
        try await bench.done("tapctl", "snapshot", "web.tap", "kept")
        served.program.signal(SIGKILL)
        _ = try await served.program.end()
        wait { !bench.has("web.sock") }
        let again = try await serve("-f", "web.tap")
        #expect(try await bench.json("tapctl", "history", "web.tap")["1", "snapshot"] == .string("kept"))
        #expect(try await again.stop().status == 0)
    }

    @Test(.enabled(if: isRoot, needsRoot)) func isNotHandedToAnotherProgram() async throws {
        let served = try await serve("-f", "web.tap")
        let outcome = try await bench.run("tapctl", "upgrade", "web.tap")
        #expect(outcome.status == 69)
        #expect(
            outcome.errors
                == "tapctl: the application can't be handed to a new program: it is in memory only, or in another root folder. The program that was running goes on.\n"
        )
        #expect(try await served.curl("/") == "inside\n\n200")
        #expect(try await served.stop().status == 0)
    }

    @Test(
        .enabled(if: isRoot, needsRoot),
        arguments: [
            (["--chroot", "gone"], "--chroot gone: cannot go there: no such file or directory."),
            (["--chroot", "web.tap"], "--chroot web.tap: cannot go there: not a directory."),
            (
                ["--chroot", "jail", "--rundir", "/gone"],
                "--rundir /gone: cannot go there: no such file or directory. With --chroot it must be inside of the new root folder."
            ),
        ])
    func aFolderThatIsNotThereIsNamed(words: [String], problem: String) async throws {
        let outcome = try await Program.run(
            "\(Bench.programs)/tapd", ["-f", "web.tap", "--pidfile", "pid"] + words, in: bench.folder.path)
        #expect(outcome.status == 66)
        #expect(outcome.errors == "tapd: \(problem)\n")
        // Another process, which has kept the way to the folder, removes what it finds there when this one is gone.
        wait { names(of: bench) == ["jail", "web.tap"] }
    }

    @Test(.enabled(if: isRoot, needsRoot)) func aUserThatIsKnownOnlyOutsideIsResolvedBefore() async throws {
        // There is no /etc in the jail; the drop was by name in all the others, and here by that of the group too.
        let served = try await serve("-f", "web.tap", "--gid", "nogroup")
        #expect(try await threads(of: served.program.process).contains("Gid: 65534 65534 65534 65534"))
        #expect(try await served.stop().status == 0)
    }

    @Test func onlyRootCan() async throws {
        chown(bench.folder["web.tap"], 65534, 65534)
        chown(bench.folder.path, 65534, 65534)
        let tapd = ["\(Bench.programs)/tapd", "-f", "web.tap", "--chroot", "jail"]
        let drop = Self.isRoot ? ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] : ["env"]
        let words = drop + tapd
        let outcome = try await Program.run(words[0], Array(words.dropFirst()), in: bench.folder.path)
        #expect(outcome.status == 77)
        #expect(
            outcome.errors
                == "tapd: --chroot jail: cannot go there: operation not permitted. Only root can change the root folder.\n"
        )
    }
}
