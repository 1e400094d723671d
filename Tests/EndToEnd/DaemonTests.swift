import Glibc
import TapTesting
import Taproom
import Testing

/// Into the background: the caller is told the truth, and nothing of the caller is kept.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct DaemonTests {
    private let bench: Bench
    private let listen = "tcp:0:interface=127.0.0.1"

    init() async throws {
        bench = try Bench()
        try bench.folder.write("hello\n", to: "index.html")
        try await bench.done("mktap", "web", "--static", ".", "--listen", listen)
    }

    private func detach(_ arguments: String..., pidFile: String = "web.pid") async throws -> Background {
        let outcome = try await Program.run("\(Bench.programs)/tapd", ["-D"] + arguments, in: bench.folder.path)
        // That the call came back says too that the output of the caller is held open by nobody.
        #expect(outcome.status == 0 && outcome.output == "" && outcome.errors == "", "\(outcome)")
        return try Background(bench, pidFile)
    }

    /// What a client is given at the port that the log names.
    private func fetch(log: String = "web.log") async throws -> String {
        let port = bench.text(log).split(separator: "tcp:").last?.split(separator: ":").first ?? ""
        return try await Program.run("curl", ["-s", "http://127.0.0.1:\(port)/"], in: "/").output
    }

    /// The fields of `/proc/PID/stat` behind the name: state, parent, group, session, terminal (proc(5)).
    private func fields(of process: Int32) -> [Substring] {
        text(of: "/proc/\(process)/stat").split(separator: ") ").last?.split(separator: " ") ?? []
    }

    private func mode(_ name: String) -> mode_t {
        var file = stat()
        return lstat(bench.folder[name], &file) == 0 ? file.st_mode & 0o777 : 0
    }

    @Test func theCallerIsBackWhenItServes() async throws {
        let background = try await detach("-f", "web.tap")
        #expect(try await fetch() == "hello\n")
        #expect(bench.text("web.log").contains(" serving "))
        background.stop()
        #expect(names(of: bench) == ["index.html", "web.log", "web.tap"])
        #expect(bench.text("web.log").contains(" stopped "))
    }

    @Test func ofTheCallerNothingIsLeft() async throws {
        // Who waits for the end of this pipe would wait for the application if that had it.
        let outcome = try await bench.shell("tapd -D -f web.tap 8>&1 9>&1 >out 2>&1")
        #expect(outcome.status == 0)
        let background = try Background(bench, "web.pid")
        let fields = fields(of: background.process)
        #expect(fields[3] == "\(background.process)")
        for descriptor in 0...2 {
            let link = try await Program.run("readlink", ["/proc/\(background.process)/fd/\(descriptor)"], in: "/")
            #expect(link.output == "/dev/null\n")
        }
        let files = try await Program.run("sh", ["-c", "ls -l /proc/\(background.process)/fd"], in: "/").output
        #expect(!files.contains("/out"))
        background.stop()
    }

    @Test(.enabled(if: access("/usr/bin/script", X_OK) == 0, "script(1) is missing: it is in bsdutils"))
    func theTerminalIsLeft() async throws {
        let outcome = try await bench.shell("script -qec 'tapd -D -f web.tap' /dev/null")
        #expect(outcome.status == 0)
        let background = try Background(bench, "web.pid")
        #expect(fields(of: background.process)[4] == "0")
        #expect(try await fetch() == "hello\n")
        background.stop()
    }

    @Test(arguments: [nil, "022", "0"])
    func whatItMakesIsItsOwnUnlessAMaskIsGiven(mask: String?) async throws {
        let words = mask.map { ["--umask", $0] } ?? []
        let outcome = try await Program.run(
            "\(Bench.programs)/tapd", ["-D", "-f", "web.tap"] + words, in: bench.folder.path)
        #expect(outcome.status == 0)
        let background = try Background(bench, "web.pid")
        let open: mode_t = mask.flatMap { mode_t($0, radix: 8) } ?? 0o077
        #expect(mode("web.pid") == 0o644 & ~open)
        #expect(mode("web.log") == 0o640 & ~open)
        #expect(mode("web.sock") == 0o600)
        background.stop()
    }

    @Test func inTheForegroundTheMaskStays() async throws {
        let shell = try Program(
            "sh", ["-c", "umask 027; exec \"$0\" -f web.tap --pidfile web.pid", "\(Bench.programs)/tapd"],
            in: bench.folder.path)
        _ = try await shell.line(containing: " serving ")
        #expect(mode("web.pid") == 0o640)
        shell.signal(SIGTERM)
        _ = try await shell.end()
    }

    @Test func filesAreNamedAfterWhatRuns() async throws {
        var background = try await detach("web", "--static", ".", "--listen", listen)
        #expect(try await fetch() == "hello\n")
        background.stop()
        try bench.folder.write(
            "taproom: 1\nservices:\n- {kind: web, listen: \(listen), static: .}\n", to: "site.yaml")
        background = try await detach("-y", "site.yaml", pidFile: "site.pid")
        #expect(try await fetch(log: "site.log") == "hello\n")
        background.stop()
        #expect(names(of: bench) == ["index.html", "site.log", "site.tap", "site.yaml", "web.log", "web.tap"])
    }

    @Test func whatGoesWrongIsSaidAsInTheForeground() async throws {
        let taken = try ListeningSocket(.tcp(port: 0))
        guard case .tcp(_, let port) = taken.address else { return }
        try bench.folder.write("no tap", to: "bad.tap")
        let fibonacci = "\(Bench.programs)/fibonacci"
        _ = try await Program.run(fibonacci, ["mktap", "fibonacci", "--listen", listen], in: bench.folder.path)
        let failures: [(status: Int32, words: [String])] = [
            (69, ["web", "--listen", "tcp:\(port):interface=127.0.0.1"]), (65, ["-f", "bad.tap"]),
            (66, ["-f", "none.tap"]), (78, ["-f", "web.tap", "--uid", "nobody-at-all"]),
            (78, ["-f", "web.tap", "--gid", "nobody-at-all"]), (78, ["-f", "fibonacci.tap"]),
            (69, ["web", "--static", "gone", "--listen", listen]), (66, ["-f", "web.tap", "--rundir", "gone"]),
            (73, ["-f", "web.tap", "--pidfile", "gone/pid"]), (64, ["web", "--prot", "80"]),
            (73, ["-f", "web.tap", "--control", "gone/control"]),
        ]
        for (status, words) in failures {
            let tapd = "\(Bench.programs)/tapd"
            let before = try await Program.run(tapd, words, in: bench.folder.path)
            let behind = try await Program.run(tapd, ["-D", "-l", "log"] + words, in: bench.folder.path)
            #expect(before.status == status, "\(words): \(before.errors)")
            #expect(before.errors.hasPrefix("tapd: ") && before.errors.hasSuffix("\n"))
            #expect(behind == before, "\(words)")
        }
        withExtendedLifetime(taken) {}
        #expect(names(of: bench) == ["bad.tap", "fibonacci.tap", "index.html", "log", "web.tap"])
    }

    @Test func aLogThatCannotBeIsSaid() async throws {
        let outcome = try await bench.run("tapd", "-D", "-f", "web.tap", "-l", "gone/log")
        #expect(outcome.status == 73)
        #expect(outcome.errors.hasPrefix("tapd: cannot open the log "))
        #expect(names(of: bench) == ["index.html", "web.tap"])
    }

    @Test func whoIsKilledBeforeItServesIsReported() async throws {
        // The first file that is written kills it, by SIGXFSZ; what is said goes to a pipe.
        let outcome = try await bench.shell("ulimit -f 0; ulimit -c 0; tapd -D -f web.tap 2>&1")
        #expect(outcome.status == 70)
        #expect(
            outcome.output
                == "tapd: the application was ended by signal 25 (File size limit exceeded) before it served.\n")
        // The tap is nobody's any more.
        let background = try await detach("-f", "web.tap")
        background.stop()
    }
}
