import Glibc
import TapData
import TapTesting
import Testing

/// Changes by tapctl, while the application runs and while it does not.
@Suite(.timeLimit(.minutes(5)))
struct ChangeTests {
    private let bench: Bench

    init() async throws {
        bench = try Bench()
        for name in ["one", "two", "three"] { try bench.folder.write("\(name)\n", to: "\(name)/index.html") }
        try describe()
    }

    private static let listen = "tcp:0:interface=127.0.0.1"

    private func describe(folder: String = "one", more: String = "") throws {
        try bench.folder.write(
            """
            taproom: 1
            name: site
            services:
              - name: first
                kind: web
                listen: "\(ChangeTests.listen)"
                static: \(folder)
            \(more.isEmpty ? "" : more + "\n")  - name: inner
                kind: group
                services:
                  - {name: second, kind: web, listen: "\(ChangeTests.listen)", static: two}

            """, to: "site.yaml")
    }

    private func comments(of tap: String) async throws -> [String] {
        guard case .array(let revisions) = try await bench.json("tapctl", "history", tap) else { return [] }
        return revisions.compactMap { $0["comment"]?.string }
    }

    @Test func theSameWordsDoTheSameAtRestAndRunning() async throws {
        try await bench.done("mktap", "--from", "site.yaml", "-o", "rest.tap")
        try await bench.done("mktap", "--from", "site.yaml", "-o", "run.tap")
        let served = try await bench.serve("-f", "run.tap")
        let all: [[String]] = [
            ["set", "TAP", "first.listing=true", "inner/second.index=[a.html, b.html]", "-c", "two at once"],
            ["set", "TAP", "first.listing=true"], ["set", "TAP", "first.listing="],
            ["plan", "TAP", "first.static=three"], ["set", "TAP", "first.static=three"],
            ["set", "TAP", "first.limits.idle=2m"], ["set", "TAP", "first.limits.connections=50"],
            ["set", "TAP", "first.restart.policy=always"], ["set", "TAP", "user=nobody"],
            ["disable", "TAP", "inner"], ["enable", "TAP", "inner"], ["disable", "TAP", "first"],
            ["set", "TAP", "first.dotfiles=true"], ["enable", "TAP", "first"],
            ["add", "TAP", "web", "--static", "two", "--listen", ChangeTests.listen],
            ["add", "TAP", "--name", "third", "--group", "inner", "web", "--listen", ChangeTests.listen],
            ["add", "TAP", "--name", "empty", "group"], ["set", "TAP", "inner/third.name=last"],
            ["remove", "TAP", "web"], ["remove", "TAP", "inner/last"], ["blame", "TAP", "nowhere"],
            ["set", "TAP", "first.sttic=a", "secnd.static=b"], ["add", "TAP", "--name", "first", "web"],
            ["remove", "TAP", "nothing"], ["set", "TAP", "first"], ["confirm", "TAP"],
        ]
        for words in all {
            let both = try await ["rest.tap", "run.tap"].asyncMap { tap in
                let outcome = try await bench.run("tapctl", words.map { $0 == "TAP" ? tap : $0 })
                return [outcome.output, outcome.errors].map { $0.replacing(tap, with: "TAP") } + ["\(outcome.status)"]
            }
            #expect(both[0] == both[1], "\(words)")
        }
        let drift = try await ["rest.tap", "run.tap"].asyncMap { try await bench.json("tapctl", "drift", $0) }
        #expect(drift[0].array?.map { $0["path"] } == drift[1].array?.map { $0["path"] })
        #expect(drift[0].array?.isEmpty == false)
        try await #expect(comments(of: "rest.tap") == comments(of: "run.tap"))
        try await #expect(bench.done("tapctl", "export", "rest.tap") == bench.done("tapctl", "export", "run.tap"))
        #expect(try await served.stop().status == 0)
    }

    @Test func neighboursAndSocketsStayAndConnectionsAreFinished() async throws {
        try await bench.done("mktap", "--from", "site.yaml")
        let served = try await bench.serve("-f", "site.tap")
        let neighbour = try served.connect(1)
        let own = try served.connect()
        #expect(try await [neighbour.page(), own.page()] == ["two\n", "one\n"])
        // Live: the connection that is open goes on with the new settings.
        try await bench.done("tapctl", "set", "site.tap", "first.static=three")
        #expect(try await own.page() == "three\n")
        // Another takes its place: new connections are its, on the same port.
        for limit in 10...20 {
            try await bench.done("tapctl", "set", "site.tap", "first.limits.connections=\(limit)")
            #expect(try await served.curl("/") == "three\n\n200")
        }
        try await bench.done("tapctl", "restart", "site.tap", "first")
        try await bench.done("tapctl", "set", "site.tap", "first.name=renamed")
        #expect(try await served.curl("/") == "three\n\n200")
        #expect(try await neighbour.page() == "two\n")
        let status = try await bench.json("tapctl", "status", "site.tap")
        #expect(
            status["services"]?.array?[0]["endpoints"]
                == .array([.string("tcp:\(served.ports[0]):interface=127.0.0.1")]))
        // What it remembered is there under its new name: 13 answers of it, and the connection it closed counted none.
        let counters = try await bench.json("tapctl", "show", "site.tap", "renamed.state.counters")
        #expect(counters["requests", "2xx"] == .integer(14), "\(counters)")
        #expect(try await served.stop().status == 0)
    }

    @Test func aChangeThatCannotBeMadeChangesNothing() async throws {
        try await bench.done("mktap", "--from", "site.yaml")
        let served = try await bench.serve("-f", "site.tap")
        let own = try served.connect()
        for setting in ["first.static=gone", "first.listen=tcp:\(served.ports[1]):interface=127.0.0.1"] {
            let outcome = try await bench.run("tapctl", "set", "site.tap", setting, "inner/second.listing=true")
            #expect(outcome.status != 0)
            #expect(outcome.errors.hasPrefix("tapctl: service \"first\": cannot "), "\(outcome.errors)")
        }
        #expect(try await own.page() == "one\n")
        #expect(try await bench.statuses(of: "site.tap") == ["active", "failed"])
        #expect(try await bench.done("tapctl", "diff", "site.tap", "1", "--settings") == "")
        #expect(try await bench.done("tapctl", "verify", "site.tap").contains("no problems found"))
        #expect(try await served.stop().status == 0)
    }

    @Test func aChangeThatNobodyConfirmsIsTakenBack() async throws {
        try await bench.done("mktap", "--from", "site.yaml")
        let served = try await bench.serve("-f", "site.tap")
        try describe(folder: "three")
        let text = try await bench.done("tapctl", "apply", "site.tap", "site.yaml", "--confirm", "1h")
        #expect(text.hasPrefix("site.tap: revision 2\nfirst: live change\n"))
        #expect(text.contains("unless you confirm it: tapctl confirm site.tap\n"))
        #expect(try await served.curl("/") == "three\n\n200")
        let other = try await bench.run("tapctl", "set", "site.tap", "first.listing=true")
        #expect(other.status == 75)
        #expect(other.errors.hasPrefix("tapctl: revision 2 waits to be confirmed until "))
        #expect(try await bench.done("tapctl", "confirm", "site.tap") == "site.tap: revision 2 is confirmed\n")
        try describe(folder: "two")
        try await bench.done("tapctl", "apply", "site.tap", "site.yaml", "--confirm", "100ms")
        while try await bench.json("tapctl", "status", "site.tap")["revision"] != .integer(4) {}
        #expect(try await served.curl("/") == "three\n\n200")
        #expect(try await comments(of: "site.tap").last?.hasPrefix("revision 3 was not confirmed until ") == true)
        #expect(try await served.stop().status == 0)
    }

    @Test(arguments: [true, false]) func theDeadlineOutlivesTheProgram(isStarted: Bool) async throws {
        try await bench.done("mktap", "--from", "site.yaml")
        let served = try await bench.serve("-f", "site.tap")
        try describe(folder: "three")
        try await bench.done("tapctl", "apply", "site.tap", "site.yaml", "--confirm", "300ms")
        served.program.signal(SIGKILL)
        _ = try await served.program.end()
        // At rest every verb that writes takes it back; a start does before it serves.
        if isStarted {
            let again = try await bench.serve("-f", "site.tap")
            while try await bench.json("tapctl", "status", "site.tap")["revision"] != .integer(3) {}
            #expect(try await again.curl("/") == "one\n\n200")
            #expect(try await again.stop().status == 0)
        } else {
            while try await bench.run("tapctl", "set", "site.tap", "first.listing=true").status == 75 {}
            #expect(try await bench.json("tapctl", "show", "site.tap", "first.static") == .string(bench.folder["one"]))
        }
        #expect(try await bench.statuses(of: "site.tap")[1] == "superseded")
    }

    @Test func bothSidesOfAConflictAreNamedWithTheirPlaces() async throws {
        try await bench.done("mktap", "--from", "site.yaml")
        let served = try await bench.serve("-f", "site.tap")
        try await bench.done("tapctl", "set", "site.tap", "first.static=two", "first.listing=true")
        try describe(folder: "three", more: "    index: start.html")
        let outcome = try await bench.run("tapctl", "apply", "site.tap", "site.yaml")
        #expect(outcome.status == 78)
        let (one, two, three) = (bench.folder["one"], bench.folder["two"], bench.folder["three"])
        let user = try await Program.run("id", ["-un"], in: "/").output.prefix { $0 != "\n" }
        #expect(
            outcome.errors
                == "tapctl: site.yaml:7:13: first.static was changed both here and at run time in site.tap (revision 2, \(user)): file: \"\(three)\", running: \"\(two)\", base: \"\(one)\". Choose with --on-conflict file or --on-conflict running, or take the changes into the file with tapctl export --into.\n"
        )
        #expect(try await served.curl("/") == "two\n\n200")
        try await bench.done("tapctl", "apply", "site.tap", "site.yaml", "--on-conflict", "file")
        // What only one side changed is there from both.
        #expect(try await bench.json("tapctl", "show", "site.tap", "first.listing") == .bool(true))
        #expect(try await bench.json("tapctl", "show", "site.tap", "first.index") == .string("start.html"))
        #expect(try await bench.json("tapctl", "show", "site.tap", "first.static") == .string(three))
        #expect(try await served.stop().status == 0)
    }

    @Test func whatWasChangedIsTakenIntoTheFile() async throws {
        let text = """
            # Our site.
            taproom: 1   # always
            name: site

            services:
              - name: first     # the front
                kind: web
                static: one
                listen: 'tcp:0:interface=127.0.0.1'

              # what is behind
              - {name: second, kind: web, listen: "tcp:0:interface=127.0.0.1", static: two}   # flow

            """
        try bench.folder.write(text, to: "site.yaml")
        chmod(bench.folder["site.yaml"], 0o640)
        try bench.folder.link("link.yaml", to: "site.yaml")
        try await bench.done("mktap", "--from", "site.yaml")
        #expect(
            try await bench.done("tapctl", "export", "site.tap", "--into", "site.yaml")
                == "site.yaml: says so already\n")
        try await bench.done("tapctl", "set", "site.tap", "first.static=three", "second.listing=true")
        #expect(try await bench.json("tapctl", "drift", "site.tap").array?.isEmpty == false)
        #expect(
            try await bench.done("tapctl", "export", "site.tap", "--into", "link.yaml")
                == "link.yaml: says what is in site.tap now\n")
        let expected = text.replacing("static: one", with: "static: \(bench.folder["three"])")
            .replacing("static: two}", with: "static: two, listing: true}")
        #expect(bench.text("site.yaml") == expected)
        var status = stat()
        #expect(lstat(bench.folder["link.yaml"], &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
        #expect(stat(bench.folder["site.yaml"], &status) == 0 && status.st_mode & 0o777 == 0o640)
        #expect(try await bench.done("tapctl", "apply", "site.tap", "site.yaml").contains("revision 3"))
        #expect(try await bench.done("tapctl", "drift", "site.tap") == "")
    }
}

extension Array {
    fileprivate func asyncMap<Result>(_ body: (Element) async throws -> Result) async rethrows -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await body(element)) }
        return results
    }
}
