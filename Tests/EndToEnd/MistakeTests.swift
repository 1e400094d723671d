import Glibc
import TapTesting
import Testing

/// What people get wrong, and what they are told: one sentence, the right status, nothing half-done.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct MistakeTests {
    private let bench: Bench
    private let listen = "tcp:0:interface=127.0.0.1"

    init() async throws { bench = try Bench() }

    private func expect(
        _ outcome: Program.Outcome, _ status: Int32, _ errors: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(outcome.status == status, sourceLocation: sourceLocation)
        #expect(outcome.errors == errors + "\n", sourceLocation: sourceLocation)
    }

    @Test(arguments: [
        (["web", "--prot", "80"], "mktap: unknown option '--prot'. Did you mean '--port'? See 'mktap web --help'."),
        (
            ["web", "--port", "http"],
            "mktap: --port must be a number from 0 to 65535, but is \"http\". See 'mktap web --help'."
        ),
        (
            ["web", "--listen", "tpc:80"],
            "mktap: --listen is no endpoint: \"tpc:80\". \"tpc\" is no way to listen. Did you mean \"tcp\"? See 'mktap web --help'."
        ),
        (["wbe"], "mktap: no kind is called \"wbe\". Did you mean \"web\"? See 'mktap --list'."),
        (["--bogus", "web"], "mktap: unknown option '--bogus'. See 'mktap --help'."),
        (
            ["--appname", "a b", "web"],
            "mktap: --appname must be 1 to 64 letters, digits, hyphens and underscores, not beginning with a hyphen, but is \"a b\". See 'mktap --help'."
        ),
        (["--uid", "a b", "web"], "mktap: --uid must be a name or a number, but is \"a b\". See 'mktap --help'."),
        ([], "mktap: no kind is named. mktap --list shows those there are. See 'mktap --help'."),
    ])
    func mktapRefusesWrongWords(_ words: [String], _ message: String) async throws {
        let outcome = try await Program.run("\(Bench.programs)/mktap", words, in: bench.folder.path)
        expect(outcome, 64, message)
        #expect(names(of: bench) == [])
    }

    @Test(arguments: [
        (["web", "--prot", "80"], "unknown option '--prot'. Did you mean '--port'? See 'tapctl add web --help'."),
        (["group", "--prot"], "unknown option '--prot'. See 'tapctl add group --help'."),
        (["wbe"], "no kind is called \"wbe\". Did you mean \"web\"? See 'tapctl add --help'."),
    ])
    func addingRefusesWrongWords(_ words: [String], _ message: String) async throws {
        try await bench.done("mktap", "web")
        expect(try await bench.run("tapctl", ["add", "web.tap"] + words), 64, "tapctl: " + message)
        #expect(try await bench.done("tapctl", "add", "web", "--help").contains("USAGE: tapctl add [options] web "))
    }

    @Test func mktapKeepsAFileThatIsThere() async throws {
        try bench.folder.write("mine", to: "web.tap")
        expect(
            try await bench.run("mktap", "web"), 73,
            "mktap: web.tap: exists already. Use --force to replace it, or name another file (mktap: --output).")
        #expect(try await Program.run("cat", ["web.tap"], in: bench.folder.path).output == "mine")
    }

    @Test func mktapNeedsAFolderToWriteIn() async throws {
        expect(
            try await bench.run("mktap", "--output", "none/web.tap", "web"), 73,
            "mktap: none/web.tap: cannot be made: no such file or directory. Choose another place (mktap: --output).")
    }

    @Test func tapdNeedsSomethingToRun() async throws {
        expect(
            try await bench.run("tapd"), 64,
            "tapd: nothing to run: name a tap with -f, a description with -y, or a kind. See 'tapd --help'.")
    }

    @Test func tapdTellsWhatIsNoTap() async throws {
        try bench.folder.write("", to: "empty.tap")
        try bench.folder.write("hello", to: "text.tap")
        try bench.folder.makeFolder("folder.tap")
        mkfifo(bench.folder["fifo.tap"], 0o600)
        _ = try await Program.run("sqlite3", ["other.tap", "CREATE TABLE mine (x)"], in: bench.folder.path)
        for (name, status, problem) in [
            ("none.tap", Int32(66), "there is no such tap. mktap makes one: mktap web --static DIR"),
            ("folder.tap", 65, "is a folder, not a tap."), ("fifo.tap", 65, "is a FIFO, not a tap."),
            ("empty.tap", 65, "is not a tap: it is empty. Nothing was changed."),
            ("text.tap", 65, "is not a tap: it is no SQLite file. Nothing was changed."),
            ("other.tap", 65, "is not a tap: it is an SQLite file of another program. Nothing was changed."),
        ] {
            expect(try await bench.run("tapd", "-f", name), status, "tapd: \(name): \(problem)")
        }
    }

    @Test func tapdLeavesADamagedTapAsItIs() async throws {
        try await bench.done("mktap", "web", "--listen", listen)
        truncate(bench.folder["web.tap"], 20_000)
        let outcome = try await bench.run("tapd", "-f", "web.tap")
        #expect(outcome.status == 65)
        #expect(outcome.errors.hasPrefix("tapd: web.tap: the tap is damaged: the file is cut off after 20000 bytes; "))
        var file = stat()
        #expect(stat(bench.folder["web.tap"], &file) == 0 && file.st_size == 20_000)
    }

    @Test func tapdNamesWhoRunsTheTapAlready() async throws {
        try await bench.done("mktap", "web", "--listen", listen)
        let served = try await bench.serve("-f", "web.tap")
        let second = try await bench.run("tapd", "-f", "web.tap")
        #expect(second.status == 75)
        #expect(second.errors.hasPrefix("tapd: web.tap: is in use by process \(served.program.process), since "))
        #expect(try await bench.run("mktap", "--force", "web").status == 75)
        #expect(try await served.curl("/").hasSuffix("\n200"))
        _ = try await served.stop()
    }

    @Test func tapdNamesTheServiceWhosePortIsBusy() async throws {
        let served = try await bench.serve("web", "--listen", listen)
        let endpoint = "tcp:\(served.port):interface=127.0.0.1"
        try await bench.done("mktap", "web", "--listen", endpoint)
        expect(
            try await bench.run("tapd", "-f", "web.tap"), 69,
            "tapd: service \"web\": cannot listen on \(endpoint): address already in use. "
                + "Another program listens there: stop it, or choose another endpoint.")
        #expect(names(of: bench) == ["web.tap"])
        _ = try await served.stop()
    }

    @Test func tapdStartsNothingWithoutTheFolder() async throws {
        try await bench.done("mktap", "web", "--static", "gone", "--listen", listen)
        let outcome = try await bench.run("tapd", "-f", "web.tap")
        #expect(outcome.status == 69)
        #expect(outcome.errors.hasPrefix("tapd: service \"web\": cannot open"))
        #expect(outcome.errors.contains("no such file or directory"))
        #expect(outcome.output == "")
        #expect(names(of: bench) == ["web.tap"])
    }

    @Test func tapdNamesAUserThatIsNotThere() async throws {
        try await bench.done("mktap", "--uid", "nobody-at-all", "web", "--listen", listen)
        expect(
            try await bench.run("tapd", "-f", "web.tap"), 78,
            "tapd: there is no user \"nobody-at-all\" on this machine. Make it, or name another with --uid.")
    }

    @Test func everyMistakeInADescriptionIsNamedAtOnce() async throws {
        try bench.folder.write(
            """
            taproom: 2
            nam: x
            services:
              - kind: wbe
              - kind: web
                listen: tcp:http
                sttic: /srv
              - name: two
                kind: web
                enabled: yes
            """, to: "site.yaml")
        expect(
            try await bench.run("mktap", "--from", "site.yaml"), 65,
            """
            mktap: site.yaml:1:10: taproom must be 1, the format this program knows, but is 2.
            mktap: site.yaml:2:1: nam is not known here. Did you mean "name"?
            mktap: site.yaml:4:11: services[0].kind no kind is called "wbe". Did you mean "web"?
            mktap: site.yaml:6:13: services[1].listen is no endpoint: "tcp:http". The port must be a number from 0 to 65535.
            mktap: site.yaml:7:5: services[1].sttic is not known here. Did you mean "static"?
            mktap: site.yaml:10:14: services[2].enabled must be true or false, but is "yes".
            """)
        #expect(names(of: bench) == ["site.yaml"])
    }

    @Test func tapctlOffersTheNearestWord() async throws {
        try await bench.done("mktap", "web", "--listen", listen)
        expect(
            try await bench.run("tapctl", "shwo"), 64,
            "tapctl: there is no verb \"shwo\". Did you mean \"show\"? See 'tapctl --help'.")
        expect(
            try await bench.run("tapctl", "show", "web.tap", "web.lisen"), 64,
            "tapctl: web.lisen: there is no \"lisen\". Did you mean \"listen\"?")
        expect(
            try await bench.run("tapctl", "rollback", "web.tap", "9"), 64,
            "tapctl: there is no revision 9: the latest is 1.")
        expect(try await bench.run("tapctl", "stop", "web.tap"), 69, "tapctl: web.tap: is not running.")
    }
}
