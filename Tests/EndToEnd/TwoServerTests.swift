import Glibc
import TapTesting
import Testing

/// The samples that are made of two parts: a cache with two servers, a web log with periodic work, and a program that is
/// nothing but a list of shipped kinds.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct TwoServerTests {
    private let loopback = "tcp:0:interface=127.0.0.1"

    @Test func whatIsSetOverTCPIsReadOverHTTP() async throws {
        let bench = try Bench(program: "cache")
        try await bench.done("mktap", "cache", "--listen", loopback, "--http", loopback)
        var served = try await bench.serve("-f", "cache.tap")
        let client = try served.connect()
        try await client.send("set greeting Hello, world\r\nset a 1\nget greeting\nget b\nget\n")
        #expect(
            try await client.receive(through: "delete\n")
                == "ok\nok\nHello, world\nnone\nerror: say version, status, count, items, clear, get, set or delete\n")
        #expect(try await web(served, "/greeting") == "Hello, world\n200")
        #expect(try await web(served, "/") == "{\"entries\":2}\n\n200")
        #expect(try await web(served, "/b").hasSuffix("\n404"))
        // A regular stop stores what waited.
        try await client.finishSending()
        #expect(try await served.stop().status == 0)
        served = try await bench.serve("-f", "cache.tap")
        let next = try served.connect()
        try await next.send("items\nclear\ncount\ndelete a\nversion\n")
        #expect(
            try await next.receive(through: "1.0\n") == "a 1\ngreeting Hello, world\nend\nok\n0\nnone\ncache 1.0\n")
        #expect(try await web(served, "/a").hasSuffix("\n404"))
        #expect(try await served.stop().status == 0)
    }

    /// What the second of a cache's servers answers, with the status in the last line.
    private func web(_ served: Served, _ path: String) async throws -> String {
        let words = ["-s", "--max-time", "30", "-w", "\n%{http_code}", "http://127.0.0.1:\(served.ports[1])\(path)"]
        return try await Program.run("curl", words, in: "/").output
    }

    @Test func aLineThatIsTooLongEndsItsConnectionOnly() async throws {
        let bench = try Bench(program: "cache")
        try await bench.done("mktap", "cache", "--listen", loopback, "--http", loopback)
        let served = try await bench.serve("-f", "cache.tap")
        let (long, other) = (try served.connect(), try served.connect())
        try await long.send("set a " + String(repeating: "x", count: 65_540))
        #expect(try await long.receive(through: "bytes\n") == "error: a line has more than 65536 bytes\n")
        try await other.send("count\n")
        #expect(try await other.receive(through: "\n") == "0\n")
        #expect(try await served.stop().status == 0)
    }

    @Test func feedsAreReadByParsersOfXML() async throws {
        let bench = try Bench(program: "weblog")
        try bench.folder.write("<Cheese> & \"wine\"\nWe have both.\u{7}\n", to: "posts/1.txt")
        try bench.folder.write("Later\n", to: "posts/2.txt")
        try bench.folder.write("No entry", to: "posts/notes")
        try await bench.done("mktap", "weblog", "--posts", "posts", "--listen", loopback)
        let served = try await bench.serve("-f", "weblog.tap")
        // The folder is looked into when the service starts, which may be after it serves.
        while try await served.curl("/feed.atom").contains("Later") == false {}
        let script = """
            import urllib.request, xml.etree.ElementTree as tree
            feed = tree.fromstring(urllib.request.urlopen('http://127.0.0.1:\(served.port)/feed.atom').read())
            atom = '{http://www.w3.org/2005/Atom}'
            print(feed.find(atom + 'updated').text[-1], len(feed.find(atom + 'id').text))
            for entry in feed.iter(atom + 'entry'):
                print(entry.find(atom + 'title').text, entry.find(atom + 'content').text)
            """
        #expect(
            try await Program.run("python3", ["-c", script], in: "/").output
                == "Z 45\nLater None\n<Cheese> & \"wine\" We have both.\n\n")
        #expect(try await served.stop().status == 0)
    }

    @Test func aFolderThatIsGoneIsLoggedAndLookedForAgain() async throws {
        let bench = try Bench(program: "weblog")
        try await bench.done("mktap", "weblog", "--posts", "posts", "--listen", loopback)
        try await bench.done("tapctl", "set", "weblog.tap", "weblog.every=10ms")
        let served = try await bench.serve("-f", "weblog.tap")
        _ = try await served.program.line(containing: "periodic work failed")
        try bench.folder.write("There", to: "posts/1.txt")
        while try await served.curl("/").contains("There") == false {}
        #expect(try await served.stop().status == 0)
    }

    @Test func theProxyOfTheDescriptionPassesEverythingOn() async throws {
        let bench = try Bench(program: "proxy")
        let behind = try Bench()
        try behind.folder.write("from behind", to: "site/a")
        try await behind.done("mktap", "web", "--static", "site", "--listen", loopback)
        let upstream = try await behind.serve("-f", "web.tap")
        let sample =
            String(#filePath.dropLast("Tests/EndToEnd/TwoServerTests.swift".count)) + "samples/Proxy/proxy.yaml"
        let text = try await Program.run("cat", [sample], in: "/").output
        try bench.folder.write(
            text.replacing("tcp:8080", with: "tcp:0").replacing("127.0.0.1:8000", with: "127.0.0.1:\(upstream.port)"),
            to: "proxy.yaml")
        let served = try await bench.serve("-y", "proxy.yaml")
        #expect(try await served.curl("/a") == "from behind\n200")
        #expect(try await served.curl("/b").hasSuffix("\n404"))
        #expect(try await upstream.stop().status == 0)
        #expect(try await served.curl("/a").hasSuffix("\n502"))
        #expect(try await served.stop().status == 0)
    }
}
