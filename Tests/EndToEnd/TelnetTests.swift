import Glibc
import TapData
import TapTesting
import Taproom
import Testing

/// An application that is looked after over telnet, from outside to inside and back.
@Suite(.timeLimit(.minutes(5)))
struct TelnetTests {
    /// A site with a shell, which serves.
    private func site(_ bench: Bench) async throws -> Served {
        try bench.folder.write("hello", to: "www/index.html")
        try await bench.done("mktap", "web", "--static", "www", "--listen", "tcp:0:interface=127.0.0.1")
        try await bench.done("mktap", "--append", "web.tap", "telnet", "--port", "0", "-u", "ada", "-w", "secret")
        return try await bench.serve("-f", "web.tap")
    }

    private func freePort() async throws -> Int {
        let script = "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"
        return Int(try await Program.run("python3", ["-c", script], in: "/").output.dropLast()) ?? 0
    }

    private func answers(_ port: Int) async throws -> Bool {
        let words = ["-s", "--max-time", "30", "http://127.0.0.1:\(port)/"]
        return try await Program.run("curl", words, in: "/").output == "hello"
    }

    @Test func theStoryOfThePaper() async throws {
        let bench = try Bench()
        try bench.folder.write("hello", to: "www/index.html")
        try await bench.done("mktap", "web", "--static", "www", "--listen", "tcp:0:interface=127.0.0.1")
        let served = try await bench.serve("-f", "web.tap")
        #expect(try await answers(served.port))
        let (shell, moved) = (try await freePort(), try await freePort())
        let added = try await bench.run("mktap", "--append", "web.tap", "telnet", "--port", "\(shell)")
        #expect(added.status == 0 && added.output == "web.tap: service telnet added in revision 2.\n")
        let told = try #require(added.errors.firstMatch(of: #/the password of admin is ([a-z2-9-]{19})\./#))
        let password = String(told.1)
        #expect(try await !bench.done("tapctl", "export", "web.tap").contains(password))

        let seen = try await TelnetTerminal.talk(
            to: shell,
            [
                ("login: ", "admin\r"), ("password: ", password + "\r"),
                ("web> ", "set web.listen=tcp:\(moved):interface=127.0.0.1\r"), ("web> ", "save\r"),
                ("web> ", "quit\r"),
            ])
        #expect(!seen.contains(password))
        #expect(seen.contains("web.tap: revision 3\r\nweb: socket rebound on tcp:\(moved):interface=127.0.0.1\r\n"))
        #expect(seen.contains("web.tap: saved, at revision 3\r\n") && seen.contains("Goodbye.\r\n"))
        #expect(try await answers(moved))
        #expect(try await !answers(served.port))
        let history = try await bench.json("tapctl", "history", "web.tap")
        #expect(history["2", "author"] == "admin" && history["2", "origin"] == "telnet")
        #expect(history["2", "comment"] == "set web.listen")
        #expect(try await served.stop().status == 0)
        let again = try await bench.serve("-f", "web.tap")
        #expect(again.ports == [moved, shell])
        #expect(try await answers(moved))
        #expect(try await again.stop().status == 0)
    }

    @Test func linesAreEditedInARealTerminal() async throws {
        let bench = try Bench()
        let served = try await site(bench)
        let (left, home, up) = ("\u{1B}[D", "\u{1B}[H", "\u{1B}[A")
        let seen = try await TelnetTerminal.talk(
            to: served.ports[1],
            [
                ("login: ", "ada\r"), ("password: ", "wrong\r"), ("incorrect", ""), ("login: ", "ada\r"),
                ("password: ", "secret\r"),
                // Completed; edited; taken back; deleted; brought back.
                ("web> ", "snaps\t"), ("snapshot ", "xyz\(left)\(left)\(left)\u{0B}\u{15}"),
                ("web> ", "napshot before\(home)s\u{05} -c 'fur spater'\u{17}\u{17}'für später'\r"),
                ("snapshot before is revision 3", ""), ("web> ", "nonsense\u{03}"), ("^C", ""),
                ("web> ", "\(up)\u{03}"),
                ("^C", ""), ("web> ", "\u{04}"),
            ])
        #expect(!seen.contains("secret") && !seen.contains("wrong"))
        let history = try await bench.json("tapctl", "history", "web.tap")
        #expect(history["2", "snapshot"] == "before" && history["2", "comment"] == "für später")
        #expect(try await served.stop().status == 0)
    }

    @Test func theLogIsFollowedUntilItIsInterrupted() async throws {
        let bench = try Bench()
        let served = try await site(bench)
        let seen = try await TelnetTerminal.talk(
            to: served.ports[1],
            [
                ("login: ", "ada\r"), ("password: ", "secret\r"), ("web> ", "logs -f\r"),
                ("notice: logged in", "\u{03}"),
                ("web> ", "exit\r"),
            ])
        #expect(seen.contains("Goodbye."))
        #expect(try await served.stop().status == 0)
    }

    @Test func answersAreThoseOfTapctl() async throws {
        let bench = try Bench()
        let served = try await site(bench)
        let talk = try await TelnetTalk(to: served.ports[1])
        for words in [
            ["status"], ["show"], ["show", "web"], ["show", "nothing"], ["history"], ["diff", "1"], ["blame", "web"],
            ["verify"], ["export"], ["schema", "telnet", "--markdown"], ["drift"], ["confirm"],
            ["plan", "web.index=a"],
            ["token", "list"], ["logs", "-n", "1"], ["prune", "--keep", "100"],
        ] {
            let inside = try await talk.ask(words.joined(separator: " "))
            let outside = try await bench.run(
                "tapctl", [words[0], "web.tap"] + words.dropFirst().filter { $0 != "list" })
            guard words[0] != "token", words[0] != "schema" else {
                let whole = try await bench.run("tapctl", words)
                #expect(inside == whole.output, "\(words)")
                continue
            }
            #expect(inside == outside.output + outside.errors.replacing("tapctl: ", with: ""), "\(words)")
        }
        #expect(try await talk.askLast("quit") == "Goodbye.\n")
        #expect(try await served.stop().status == 0)
    }

    @Test func mistakesAreSaidInSentences() async throws {
        let bench = try Bench()
        let served = try await site(bench)
        let talk = try await TelnetTalk(to: served.ports[1])
        #expect(
            try await talk.ask("sett web.listen=tcp:1")
                == "there is no verb \"sett\". Did you mean \"set\"? See 'help'.\n")
        #expect(try await talk.ask("set") == "say what is to be set, as PATH=VALUE. See 'set --help'.\n")
        #expect(try await talk.ask("set web.listne=tcp:1").contains("Did you mean \"listen\"?"))
        #expect(try await talk.ask("help restart").contains("USAGE: restart SERVICE\n"))
        #expect(try await talk.ask("restart --help").contains("USAGE: restart SERVICE\n"))
        #expect(try await talk.ask("show web.tap web.kind") == "web\n")
        let status = try await talk.ask("help status")
        #expect(status.contains("USAGE: status [--json]\n"))
        #expect(status.contains("  --json                  Print the result as JSON.\n  --version"))
        #expect(!status.contains("passphrase"))
        #expect(try await talk.ask("help save") == "Put on disk what services have in memory only.\n")
        #expect(try await talk.ask("help quit") == "End the session; exit and Ctrl-D do, too.\n")
        // From the folder that the application works in.
        #expect(try await talk.ask("set web.static=www") == "web.tap: nothing to change\n")
        #expect(try await talk.ask("save now") == "save takes no arguments. See 'help'.\n")
        let outside = "is not possible inside of the running application. Use tapctl where the files are.\n"
        for (line, what) in [
            ("backup copy.tap", "backup"), ("repair", "repair"), ("rekey --plain", "rekey"),
            ("verify --migrate", "verify --migrate"), ("export --into a.yaml", "export --into"),
            ("export --state", "export --state"), ("upgrade --trial", "upgrade --trial"),
            ("status other.tap", "looking into another tap, other.tap,"), ("apply -", "reading standard input"),
            ("status --control a.sock", "reaching another application"), ("apply /dev/tty", "reading /dev/tty"),
        ] {
            #expect(try await talk.ask(line) == "\(what) \(outside)", "\(line)")
        }
        #expect(try await served.stop().status == 0)
        #expect(try await talk.end().contains("This session ends: the service stops"))
    }

    @Test func whoMayLookOnlyChangesNothing() async throws {
        let bench = try Bench()
        let served = try await site(bench)
        try bench.folder.write("root:x:0", to: "private.yaml")
        try await bench.done("tapctl", "set", "web.tap", "telnet.users.eve={password: secret, role: read}")
        let talk = try await TelnetTalk(to: served.ports[1], as: "eve")
        #expect(try await talk.ask("show web.kind") == "web\n")
        let refusal = "eve may not do this, which needs the role \"write\".\n"
        for line in [
            "set web.index=a", "remove web", "disable web", "restart web", "snapshot", "rollback 1", "prune --keep 1",
            "reload", "upgrade", "stop", "save", "confirm", "add web", "apply private.yaml", "plan private.yaml",
            "drift private.yaml",
        ] {
            #expect(try await talk.ask(line) == refusal, "\(line)")
        }
        #expect(try await talk.ask("token list").contains("needs the role \"own\""))
        // Nobody stays who may be somebody else now.
        try await bench.done("tapctl", "set", "web.tap", "telnet.users.eve.role=write")
        #expect(try await talk.askLast("status") == "This session ends: your account has changed.\n")
        #expect(try await TelnetTalk(to: served.ports[1], as: "eve").ask("set web.index=a.html").contains("revision 5"))
        #expect(try await served.stop().status == 0)
    }

    @Test func theApplicationStopsBehindItsAnswer() async throws {
        let bench = try Bench()
        let served = try await site(bench)
        let talk = try await TelnetTalk(to: served.ports[1])
        let answer = try await talk.askLast("stop")
        #expect(answer.hasPrefix("web.tap: stops\n"))
        #expect(try await served.program.end().status == 0)
    }

    @Test(arguments: [
        ("set telnet.listen=tcp:0:interface=127.0.0.2", "telnet: socket rebound"),
        ("restart telnet", "telnet restarted"),
        ("set telnet.limits.sessions=3", "telnet: restart"), ("disable telnet", "telnet: stop"),
        ("remove telnet", "telnet: stop"), ("rollback 1", "as at 1 again, in revision 3"),
    ])
    func itChangesItselfBehindItsAnswer(line: String, answer: String) async throws {
        let bench = try Bench()
        let served = try await site(bench)
        let talk = try await TelnetTalk(to: served.ports[1])
        let seen = try await talk.askLast(line)
        #expect(seen.contains(answer))
        #expect(seen.hasSuffix("This session ends: the service stops, or begins anew. Connect again.\n"))
        #expect(try await answers(served.port))
        #expect(try await served.stop().status == 0)
    }

    @Test func otherUsersAndLimitsCountWithoutAnEndOfSessions() async throws {
        let bench = try Bench()
        let served = try await site(bench)
        let talk = try await TelnetTalk(to: served.ports[1])
        #expect(try await talk.ask("set telnet.users.bob.password=hidden").contains("telnet: live change"))
        #expect(try await talk.ask("set telnet.limits.idle=1h").contains("telnet: live change"))
        #expect(try await !talk.ask("history").contains("hidden"))
        #expect(try await TelnetTalk(to: served.ports[1], as: "bob", "hidden").ask("show web.kind") == "web\n")
        #expect(try await served.stop().status == 0)
    }

    @Test func anUpgradeIsAnsweredByTheOldProgramAndTheNewOneGoesOn() async throws {
        let bench = try Bench()
        let served = try await site(bench)
        let answer = try await TelnetTalk(to: served.ports[1]).askLast("upgrade")
        let process = try #require(answer.firstMatch(of: #/web.tap: runs in process ([0-9]+) now/#))
        #expect(pid_t(process.1) != served.program.process)
        #expect(try await TelnetTalk(to: served.ports[1]).askLast("stop").hasPrefix("web.tap: stops\n"))
        // Both write to the same pipe, which ends with the second.
        #expect(try await served.program.end().status == 0)
    }

    @Test func theSampleHasAShellForThoseWhoAreGivenAPassword() async throws {
        let bench = try Bench()
        let samples = String(#filePath.dropLast("Tests/EndToEnd/TelnetTests.swift".count)) + "samples"
        let text = try String(decoding: SmallFile.read(samples + "/shell.yaml", atMost: 100_000).bytes, as: UTF8.self)
        try bench.folder.write(
            text.replacing("tcp:8080", with: "tcp:0").replacing("tcp:4040", with: "tcp:0")
                .replacing("static: site", with: "static: \(samples)/site"),
            to: "shell.yaml")
        let served = try await bench.serve("-y", "shell.yaml")
        try await bench.done("tapctl", "set", "shell.tap", "telnet.users.ada.password=A SECRET")
        let talk = try await TelnetTalk(to: served.ports[1], as: "ada", "A SECRET", application: "shell")
        #expect(try await talk.ask("show web.kind") == "web\n")
        #expect(try await served.stop().status == 0)
        // What was given stays, though the description knows nothing of it.
        let again = try await bench.serve("-y", "shell.yaml")
        _ = try await TelnetTalk(to: again.ports[1], as: "ada", "A SECRET", application: "shell")
        #expect(try await again.stop().status == 0)
    }

    @Test func anApplicationInMemoryHasAShellToo() async throws {
        let bench = try Bench()
        let served = try await bench.serve("telnet", "--port", "0", "-u", "ada", "-w", "secret")
        let talk = try await TelnetTalk(to: served.port, application: "telnet")
        #expect(try await talk.ask("show telnet.kind") == "telnet\n")
        #expect(try await talk.ask("history").contains("made"))
        #expect(try await talk.askLast("stop").hasPrefix("telnet: stops\n"))
        #expect(try await served.program.end().status == 0)
    }
}
