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
}
