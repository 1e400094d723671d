import Glibc
import TapData
import TapTesting
import Testing

/// A description of one's own that extends one which comes with a package.
@Suite(.timeLimit(.minutes(5)))
struct ExtendingTests {
    private let bench: Bench
    /// The description that is extended, as errors call it.
    private var seed: String { bench.folder["share/shop/shop.yaml"] }

    init() async throws {
        bench = try Bench()
        for name in ["one", "two", "three"] {
            try bench.folder.write("\(name)\n", to: "share/shop/\(name)/index.html")
            try bench.folder.write("own \(name)\n", to: "etc/\(name)/index.html")
        }
        try ship()
        try describe()
    }

    /// Writes what the package ships: two services, the first with one folder or another.
    private func ship(folder: String = "one", more: String = "") throws {
        let listen = "\"tcp:0:interface=127.0.0.1\""
        try bench.folder.write(
            """
            taproom: 1
            name: shop
            services:
              - name: front
                kind: web
                listen: \(listen)
                static: \(folder)
                limits: {connections: 50, idle: 1m}
            \(more.isEmpty ? "" : more + "\n")  - {name: back, kind: web, listen: \(listen), static: two}

            """, to: "share/shop/shop.yaml")
    }

    /// Writes what the person says.
    private func describe(_ services: String = "services: [{name: front, limits: {idle: 2m}}]") throws {
        try bench.folder.write(
            "# What differs here.\ntaproom: 1\nextends: \(seed)\n\(services)\n", to: "etc/shop.yaml")
    }

    private func setting(_ path: String) async throws -> Datum {
        try await bench.json("tapctl", "show", "shop.tap", path)
    }

    private func serve(_ options: String...) async throws -> Served {
        if !options.isEmpty {
            return try await bench.serve("-y", "etc/shop.yaml", "--tap", "shop.tap", "--on-conflict", options[0])
        }
        return try await bench.serve("-y", "etc/shop.yaml", "--tap", "shop.tap")
    }

    // MARK: Making, running

    @Test func aTapIsMadeOfBothAndNeedsNeitherLater() async throws {
        try await bench.done("mktap", "--from", "etc/shop.yaml")
        _ = unlink(bench.folder["etc/shop.yaml"])
        _ = unlink(seed)
        #expect(try await setting("front.limits.connections") == .integer(50))
        #expect(try await setting("front.limits.idle") == "2m")
        #expect(try await bench.done("tapctl", "drift", "shop.tap") == "")
        try await bench.done("tapctl", "set", "shop.tap", "back.listing=true", "front.limits.idle=3m")
        let drift = try await bench.done("tapctl", "drift", "shop.tap")
        #expect(drift.contains("back.listing: line 9 of \(seed) says nothing, running is true"), "\(drift)")
        #expect(drift.contains("front.limits.idle: line 4 says \"2m\", running is \"3m\""), "\(drift)")
        let served = try await bench.serve("-f", "shop.tap")
        #expect(try await served.curl("/") == "one\n\n200")
        #expect(try await served.stop().status == 0)
    }

    @Test(arguments: ["reload", "signal", "apply", "start", "upgrade"])
    func whatAllThreeChangedIsMerged(way: String) async throws {
        var served = try await serve()
        let port = served.port
        try await bench.done("tapctl", "set", "shop.tap", "front.listing=true", "back.index=start.html")
        let more = "  - {name: more, kind: web, listen: \"unix:\(bench.folder["more.sock"])\", static: three}"
        try ship(folder: "three", more: more)
        try describe("services: [{name: front, limits: {idle: 3m}}, {name: back, enabled: false}]")
        switch way {
        case "reload":
            #expect(try await bench.done("tapctl", "reload", "shop.tap").hasPrefix("shop.tap: revision 3 changes "))
        case "signal":
            served.program.signal(SIGHUP)
            _ = try await served.program.line(containing: "description read again")
        case "apply":
            let plan = try await bench.done("tapctl", "plan", "shop.tap", "etc/shop.yaml")
            #expect(plan.contains("more: start"), "\(plan)")
            try await bench.done("tapctl", "apply", "shop.tap", "etc/shop.yaml")
        case "start":
            #expect(try await served.stop().status == 0)
            served = try await serve()
        default: try await bench.done("tapctl", "upgrade", "shop.tap")
        }
        #expect(try await setting("front.static") == .string(bench.folder["share/shop/three"]))
        #expect(try await setting("front.limits.idle") == "3m")
        #expect(try await setting("front.limits.connections") == .integer(50))
        #expect(try await setting("front.listing") == .bool(true))
        #expect(try await setting("back.index") == "start.html")
        let services = try await bench.json("tapctl", "status", "shop.tap")["services"]?.array ?? []
        #expect(services.map { $0["name"]?.string } == ["front", "more", "back"])
        if way != "start" { #expect(served.port == port) }
        #expect(try await served.curl("/") == "three\n\n200")
        // Nothing more is to be done.
        let before = try await bench.statuses(of: "shop.tap").count
        try await bench.done("tapctl", "reload", "shop.tap")
        #expect(try await bench.statuses(of: "shop.tap").count == before)
        try await bench.done("tapctl", "stop", "shop.tap")
    }

    @Test func aConflictIsShownInTheFileThatChanged() async throws {
        let served = try await serve()
        try await bench.done("tapctl", "set", "shop.tap", "front.limits.connections=60", "front.limits.idle=3m")
        try ship(folder: "three", more: "    index: start.html")
        let text = bench.text("share/shop/shop.yaml").replacing("connections: 50", with: "connections: 70")
        try bench.folder.write(text, to: "share/shop/shop.yaml")
        try describe("services: [{name: front, limits: {idle: 4m}}]")
        let outcome = try await bench.run("tapctl", "reload", "shop.tap")
        #expect(outcome.status == 78)
        let lines = outcome.errors.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(
            lines.contains {
                $0.contains("\(seed):8:27: front.limits.connections was changed both here and at run time in shop.tap")
                    && $0.contains("file: 70, running: 60, base: 50")
            }, "\(outcome.errors)")
        #expect(
            lines.contains {
                $0.contains("shop.yaml:4:41: front.limits.idle was changed both here")
                    && $0.contains("file: \"4m\", running: \"3m\", base: \"2m\"")
            }, "\(outcome.errors)")
        #expect(try await served.curl("/") == "one\n\n200")
        #expect(try await served.stop().status == 0)
        // As the unit of a package runs it.
        let again = try await serve("running")
        #expect(try await setting("front.limits.connections") == .integer(60))
        #expect(try await setting("front.limits.idle") == "3m")
        #expect(try await setting("front.index") == "start.html")
        #expect(try await setting("front.static") == .string(bench.folder["share/shop/three"]))
        #expect(try await again.stop().status == 0)
    }

    @Test func aServiceThatThePackageRenamesKeepsWhatThePersonSaysAndItsState() async throws {
        let served = try await serve()
        #expect(try await served.curl("/") == "one\n\n200")
        let renamed = bench.text("share/shop/shop.yaml").replacing(
            "- name: front\n", with: "- name: site\n    was: front\n")
        try bench.folder.write(renamed, to: "share/shop/shop.yaml")
        try await bench.done("tapctl", "reload", "shop.tap")
        #expect(try await setting("site.limits.idle") == "2m")
        #expect(try await served.curl("/") == "one\n\n200")
        #expect(try await setting("site.state.counters")["requests", "2xx"] == .integer(2))
        #expect(try await served.stop().status == 0)
    }

    // MARK: Taking changes into the file

    @Test func onlyDifferencesAreTakenIntoTheFile() async throws {
        try await bench.done("mktap", "--from", "etc/shop.yaml")
        try await bench.done(
            "tapctl", "set", "shop.tap", "front.limits.idle=5m", "front.static=\(bench.folder["etc/two"])",
            "back.listing=true")
        #expect(
            try await bench.done("tapctl", "export", "shop.tap", "--into", "etc/shop.yaml")
                == "etc/shop.yaml: says what is in shop.tap now\n")
        let text = bench.text("etc/shop.yaml")
        #expect(text.hasPrefix("# What differs here.\ntaproom: 1\nextends: \(seed)\nservices: ["))
        #expect(!text.contains("connections") && text.contains("limits: {idle: 5m}"), "\(text)")
        try await bench.done("tapctl", "apply", "shop.tap", "etc/shop.yaml")
        #expect(try await bench.done("tapctl", "drift", "shop.tap") == "")
        try await bench.done("tapctl", "remove", "shop.tap", "back")
        let outcome = try await bench.run("tapctl", "export", "shop.tap", "--into", "etc/shop.yaml")
        #expect(outcome.status == 78)
        #expect(outcome.errors.contains("the description that it extends has services that are gone"))
        #expect(bench.text("etc/shop.yaml") == text)
    }

    // MARK: What is refused

    @Test func aMissingOrBrokenOneIsSaidWithBothNames() async throws {
        _ = unlink(seed)
        for words in [["mktap", "--from"], ["tapd", "-y"]] {
            let outcome = try await bench.run(words[0], words[1], "etc/shop.yaml")
            #expect(outcome.status == 66)
            #expect(
                outcome.errors
                    == "\(words[0]): etc/shop.yaml: the description that it extends can't be had: \(seed): there is no such description.\n"
            )
        }
        try bench.folder.write("taproom: 1\nservices:\n- kind: wbe\n", to: "share/shop/shop.yaml")
        let outcome = try await bench.run("mktap", "--from", "etc/shop.yaml")
        #expect(outcome.status == 65)
        #expect(outcome.errors.contains("\(seed):3:9: "), "\(outcome.errors)")
        #expect(outcome.errors.contains("etc/shop.yaml:4:19: front is no service in \(seed)."), "\(outcome.errors)")
    }

    @Test func aMistakeInEitherChangesNothing() async throws {
        let served = try await serve()
        try ship(folder: "three", more: "    sttic: none")
        let outcome = try await bench.run("tapctl", "reload", "shop.tap")
        #expect(outcome.status == 65)
        #expect(outcome.errors.contains("\(seed):9:5: front.sttic is not known here."), "\(outcome.errors)")
        _ = unlink(seed)
        #expect(try await bench.run("tapctl", "reload", "shop.tap").status == 66)
        #expect(try await served.curl("/") == "one\n\n200")
        #expect(try await bench.statuses(of: "shop.tap") == ["active"])
        #expect(try await served.stop().status == 0)
    }

    @Test func noFileIsReadForWhatIsSent() async throws {
        let served = try await serve()
        let answer = try await Program.run(
            "curl",
            [
                "-s", "--unix-socket", bench.folder["shop.sock"], "http://localhost/v1/apply", "-H",
                "Content-Type: application/yaml", "--data-binary", "taproom: 1\nextends: \(seed)\n",
            ], in: bench.folder.path
        ).output
        #expect(answer.contains("none is read for what is not in a file itself"), "\(answer)")
        #expect(try await served.stop().status == 0)
        let piped = try await Program.run(
            "sh", ["-c", "exec \(Bench.programs)/mktap --from - -o piped.tap < etc/shop.yaml"], in: bench.folder.path)
        #expect(piped.status == 65)
        #expect(piped.errors.hasPrefix("mktap: standard-input:3:10: extends names a file"), "\(piped.errors)")
        #expect(!bench.has("piped.tap"))
    }
}
