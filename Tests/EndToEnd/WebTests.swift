import Glibc
import TapData
import TapTesting
import Testing

/// The web kind as people use it: built, run, stopped, looked into.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct WebTests {
    private let bench: Bench

    init() async throws {
        bench = try Bench()
        try bench.folder.makeFolder("site")
        try bench.folder.write("hello\n", to: "site/index.html")
        try bench.folder.write("a file\n", to: "site/a file.txt")
        try await bench.done("mktap", "web", "--static", "site", "--listen", "tcp:0:interface=127.0.0.1")
    }

    @Test func saysWhatItMadeAndHowToRunIt() async throws {
        let line = try await bench.done("mktap", "--output", "other.tap", "web", "--static", "site", "--port", "8080")
        #expect(line == "other.tap: web on tcp:8080. Run it with: tapd -f other.tap\n")
    }

    @Test func takesTheClassicCommandAsWritten() async throws {
        try await bench.done(
            "mktap", "--force", "--uid", "33", "--gid", "33", "web", "--static", "/var/www", "--port", "80")
        let text = try await bench.done("tapctl", "export", "web.tap")
        #expect(
            text == """
                taproom: 1
                name: web
                user: 33
                group: 33
                services:
                - name: web
                  kind: web
                  listen: tcp:80
                  static: /var/www

                """)
    }

    @Test func servesUntilItIsToldToStop() async throws {
        let served = try await bench.serve("-f", "web.tap")
        #expect(try await served.curl("/") == "hello\n\n200")
        #expect(try await served.curl("/a%20file.txt") == "a file\n\n200")
        #expect(try await served.curl("/nothing").hasSuffix("\n404"))
        let outcome = try await served.stop()
        #expect(outcome.status == 0)
        #expect(outcome.errors == "")
        #expect(names(of: bench) == ["site", "web.tap"])
    }

    @Test func stopsOnInterruptToo() async throws {
        #expect(try await bench.serve("-f", "web.tap").stop(SIGINT).status == 0)
    }

    @Test func countsOnAfterAStop() async throws {
        var served = try await bench.serve("-f", "web.tap")
        _ = try await served.curl("/")
        _ = try await served.curl("/nothing")
        _ = try await served.stop()
        let resting = try await bench.json("tapctl", "show", "web.tap", "web.state.counters.requests")
        #expect(resting["2xx"] == .integer(1))
        #expect(resting["4xx"] == .integer(1))
        served = try await bench.serve("-f", "web.tap")
        _ = try await served.curl("/")
        let running = try await bench.json("tapctl", "show", "web.tap", "web.state.counters.requests")
        #expect(running["2xx"] == .integer(2))
        _ = try await served.stop()
    }

    @Test func leavesNothingStoredWhenItIsToldSo() async throws {
        let served = try await bench.serve("-f", "web.tap", "--no-save")
        _ = try await served.curl("/")
        #expect(try await served.stop().status == 0)
        #expect(try await bench.run("tapctl", "show", "web.tap", "web.state").status == 64)
    }

    @Test func servesFromMemory() async throws {
        let served = try await bench.serve("web", "--static", "site", "--listen", "tcp:0:interface=127.0.0.1")
        #expect(try await served.curl("/") == "hello\n\n200")
        #expect(try await served.stop().status == 0)
        #expect(names(of: bench) == ["site", "web.tap"])
    }

    @Test func servesADescriptionAndKeepsItsTap() async throws {
        try bench.folder.write(
            """
            taproom: 1
            services:
              - kind: web
                listen: tcp:0:interface=127.0.0.1
                static: site
            """, to: "home.yaml")
        var served = try await bench.serve("-y", "home.yaml")
        #expect(try await served.curl("/") == "hello\n\n200")
        _ = try await served.stop()
        served = try await bench.serve("-y", "home.yaml")
        _ = try await served.curl("/")
        _ = try await served.stop()
        #expect(try await bench.json("tapctl", "show", "home.tap", "web.state.counters.requests.2xx") == .integer(2))
    }

    @Test func theSampleDescriptionServesTheSampleSite() async throws {
        let samples = String(#filePath.dropLast("Tests/EndToEnd/WebTests.swift".count)) + "samples"
        try await bench.done("mktap", "--from", samples + "/site.yaml", "--output", "sample.tap")
        // Its port is a fixed one, for people; here any free one will do.
        let text = try await bench.done("tapctl", "export", "sample.tap")
        try bench.folder.write(text.replacing("tcp:8080", with: "tcp:0"), to: "sample.yaml")
        let served = try await bench.serve("-y", "sample.yaml", "--tap", "other.tap")
        #expect(try await served.curl("/").contains("<h1>It works</h1>"))
        #expect(try await served.curl("/style.css", "-o", "/dev/null") == "\n200")
        #expect(try await served.stop().status == 0)
    }

    @Test func comesBackAfterAKill() async throws {
        let served = try await bench.serve("-f", "web.tap")
        served.program.signal(SIGKILL)
        #expect(try await served.program.end().status == 128 + SIGKILL)
        let again = try await bench.serve("-f", "web.tap")
        #expect(try await again.curl("/") == "hello\n\n200")
        _ = try await again.stop()
        #expect(names(of: bench) == ["site", "web.tap"])
    }
}

/// What is in the folder of a bench, hidden names left out.
func names(of bench: Bench) -> [String] {
    var names: [String] = []
    guard let folder = opendir(bench.folder.path) else { return [] }
    defer { closedir(folder) }
    while let entry = readdir(folder) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
}
