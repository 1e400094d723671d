import Glibc
import TapData
import TapTesting
import Testing

/// Giving up root, looked at from outside.
///
/// These need root; without it there is nothing to give up.
@Suite(.serialized, .timeLimit(.minutes(5)), .enabled(if: geteuid() == 0))
struct PrivilegeTests {
    private let bench: Bench

    init() async throws {
        bench = try Bench()
        try bench.folder.write("hello\n", to: "index.html")
        chmod(bench.folder.path, 0o755)
        chmod(bench.folder["index.html"], 0o644)
        try await bench.done(
            "mktap", "--uid", "65534", "--gid", "65534", "web", "--static", ".", "--listen", "tcp:0:interface=127.0.0.1"
        )
    }

    /// The lines of all threads' status that begin with a word, each once.
    private func status(_ process: Int32, _ word: String) async throws -> String {
        let script = "cat /proc/\(process)/task/*/status | grep '^\(word):' | sort -u | tr '\\t' ' '"
        return try await Program.run("sh", ["-c", script], in: "/").output
    }

    @Test func everyThreadIsTheUserForGood() async throws {
        let served = try await bench.serve("-f", "web.tap")
        let process = served.program.process
        #expect(try await status(process, "Uid") == "Uid: 65534 65534 65534 65534\n")
        #expect(try await status(process, "Gid") == "Gid: 65534 65534 65534 65534\n")
        #expect(try await status(process, "CapEff") == "CapEff: 0000000000000000\n")
        #expect(try await status(process, "NoNewPrivs") == "NoNewPrivs: 1\n")
        #expect(try await served.curl("/") == "hello\n\n200")
        _ = try await served.stop()
    }

    @Test func aFolderOfRootIsLeftCleanAllTheSame() async throws {
        let served = try await bench.serve("-f", "web.tap")
        _ = try await served.curl("/")
        #expect(try await served.stop().status == 0)
        // The socket and the log are removed by a process of root's right after this one has ended; wait for it by its lock.
        while names(of: bench) != ["index.html", "web.tap"] { sched_yield() }
        var file = stat()
        stat(bench.folder["web.tap"], &file)
        #expect(file.st_uid == 65534)
        #expect(file.st_mode & 0o777 == 0o600)
        #expect(try await bench.json("tapctl", "show", "web.tap", "web.state.counters.requests.2xx") == .integer(1))
    }

    @Test func whatWasCommittedSurvivesAKillUnderTheUser() async throws {
        let served = try await bench.serve("-f", "web.tap")
        try await bench.done("tapctl", "snapshot", "web.tap", "kept")
        served.program.signal(SIGKILL)
        _ = try await served.program.end()
        let again = try await bench.serve("-f", "web.tap")
        #expect(try await bench.json("tapctl", "history")["1", "snapshot"] == .string("kept"))
        _ = try await again.stop()
    }

    @Test func anotherUserCanBeNamedWhenItIsRun() async throws {
        let served = try await bench.serve("-f", "web.tap", "--uid", "33", "--gid", "33")
        #expect(try await status(served.program.process, "Uid") == "Uid: 33 33 33 33\n")
        _ = try await served.stop()
    }

    @Test func onlyRootCanBecomeSomebodyElse() async throws {
        chown(bench.folder["web.tap"], 65534, 65534)
        chown(bench.folder.path, 65534, 65534)
        let words = [
            "--reuid", "65534", "--regid", "65534", "--clear-groups", "\(Bench.programs)/tapd", "-f", "web.tap",
            "--uid", "33",
        ]
        let outcome = try await Program.run("setpriv", words, in: bench.folder.path)
        #expect(outcome.status == 77)
        #expect(
            outcome.errors
                == "tapd: cannot become the user www-data: only root can. Start tapd as root, or as that user.\n")
    }

    @Test(arguments: [
        (["--uid", "www-data"], "33", "33"), (["--uid", "33"], "33", "33"),
        (["--uid", "www-data", "--gid", "daemon"], "33", "1"),
        (["--uid", "nobody", "--gid", "33"], "65534", "33"),
    ])
    func namesAndNumbersMeanTheSame(words: [String], user: String, group: String) async throws {
        // The tap names a group of its own, which would count.
        try await bench.done(
            "mktap", "-o", "plain.tap", "web", "--static", ".", "--listen", "tcp:0:interface=127.0.0.1")
        let program = try Program("\(Bench.programs)/tapd", ["-f", "plain.tap"] + words, in: bench.folder.path)
        _ = try await program.line(containing: " serving ")
        let (users, groups) = ("\(user) \(user) \(user) \(user)", "\(group) \(group) \(group) \(group)")
        #expect(try await status(program.process, "Uid") == "Uid: \(users)\n")
        #expect(try await status(program.process, "Gid") == "Gid: \(groups)\n")
        program.signal(SIGTERM)
        #expect(try await program.end().status == 0)
    }

    @Test func theGroupsAreThoseOfTheUserAndNoOthers() async throws {
        // In a list of groups that only this program sees, the user is in one more; the caller is in groups of its own.
        let script = """
            cp /etc/group group && echo 'taproom-test:x:47000:www-data' >> group && mount --bind group /etc/group
            id -G www-data > ids
            exec setpriv --groups 4,20 "$0" -f web.tap --uid www-data --gid www-data
            """
        let program = try Program(
            "unshare", ["--mount", "--propagation", "private", "sh", "-ec", script, "\(Bench.programs)/tapd"],
            in: bench.folder.path)
        _ = try await program.line(containing: " serving ")
        let expected = Set(bench.text("ids").split { " \n".contains($0) })
        #expect(expected.contains("47000"))
        let groups = try await status(program.process, "Groups").split { " \n".contains($0) }.dropFirst()
        #expect(Set(groups) == expected)
        program.signal(SIGTERM)
        #expect(try await program.end().status == 0)
    }

    @Test func whoIsThatUserAlreadyGoesOn() async throws {
        for name in ["", "web.tap", "index.html"] { chown(bench.folder[name], 65534, 65534) }
        let words = [
            "--reuid", "65534", "--regid", "65534", "--clear-groups", "\(Bench.programs)/tapd", "-f", "web.tap",
        ]
        let program = try Program("setpriv", words, in: bench.folder.path)
        let served = try await Served(program: program, line: program.line(containing: " serving "))
        #expect(try await served.curl("/") == "hello\n\n200")
        #expect(try await served.stop().status == 0)
        let root = try await bench.serve("web", "--static", ".", "--listen", "tcp:0:interface=127.0.0.1")
        #expect(try await root.stop().status == 0)
    }

    @Test func rootCanBeKeptInReserve() async throws {
        let served = try await bench.serve("-f", "web.tap", "--euid")
        let process = served.program.process
        // Real, effective, saved, and that for files.
        #expect(try await status(process, "Uid") == "Uid: 0 65534 0 65534\n")
        #expect(try await status(process, "Gid") == "Gid: 0 65534 0 65534\n")
        #expect(try await status(process, "CapEff") == "CapEff: 0000000000000000\n")
        #expect(try await served.curl("/") == "hello\n\n200")
        #expect(try await served.stop().status == 0)
    }

    @Test func allItsFilesBelongToTheUser() async throws {
        try await bench.done("mktap", "--append", "web.tap", "web", "--listen", "unix:\(bench.folder["site.sock"])")
        let program = try bench.start("-f", "web.tap", "-l", "log", "--pidfile", "pid")
        _ = try await bench.line(in: "log", containing: " serving ")
        for name in ["web.tap", "web.tap-wal", "web.tap-shm", "web.sock", "site.sock", "log", "pid"] {
            var file = stat()
            #expect(lstat(bench.folder[name], &file) == 0, "\(name)")
            #expect(file.st_uid == 65534 && file.st_gid == 65534, "\(name)")
        }
        program.signal(SIGTERM)
        #expect(try await program.end().status == 0)
        wait { names(of: bench) == ["index.html", "log", "web.tap"] }
    }

    @Test func whoIsStartedRightAfterwardsKeepsItsSocket() async throws {
        for _ in 0..<5 {
            let served = try await bench.serve("-f", "web.tap")
            served.program.signal(SIGKILL)
            _ = try await served.program.end()
        }
        let served = try await bench.serve("-f", "web.tap")
        #expect(try await bench.json("tapctl", "status")["pid"] == .integer(Int64(served.program.process)))
        #expect(try await served.stop().status == 0)
        wait { names(of: bench) == ["index.html", "web.tap"] }
    }
}
