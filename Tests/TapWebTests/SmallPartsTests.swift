import ArgumentParser
import NIOCore
import NIOHTTP1
import TapData
import TapTesting
import Taproom
import Testing

@testable import TapWeb

struct SmallPartsTests {
    @Test func webIsAGoodKind() throws {
        var settings = WebSettings()
        settings.static = LocalPath("/srv/www")
        settings.index = ["index.html", "index.htm"]
        settings.symlinks = .never
        settings.types = ["x": "text/x"]
        settings.limits.idle = TimeSpan(seconds: 5)
        settings.listen = [.tcp(port: 80), .tcp(port: 81)]
        try KindConformance.check(Web.self, samples: [settings])
    }

    @Test func turnsOptionsIntoSettings() throws {
        let settings = try WebOptions.parse([
            "--port", "81", "--static", "/srv", "-i", "a.html", "--index", "b.html", "--listing", "--dotfiles",
            "--symlinks", "never", "--mime_type", "text/plain",
        ]).settings()
        var expected = WebSettings()
        expected.listen = [.tcp(port: 81)]
        expected.static = LocalPath("/srv")
        expected.index = ["a.html", "b.html"]
        expected.listing = true
        expected.dotfiles = true
        expected.symlinks = .never
        expected.defaultType = "text/plain"
        #expect(settings == expected)
    }

    @Test func refusesAnUnknownWordForLinks() throws {
        #expect(throws: (any Error).self) { try WebOptions.parse(["--symlinks", "sometimes"]).settings() }
        #expect(
            Web.check(["symlinks": .string("sometimes")]).errors.map(\.description) == [
                "symlinks must be one of inside, never, anywhere, but is \"sometimes\""
            ])
    }

    @Test func reportsEverythingThatIsWrongWithSettings() {
        var settings = WebSettings()
        settings.index = ["a/b"]
        settings.defaultType = "text"
        settings.types = [".x": "text/x", "y": "nonsense"]
        settings.limits.header = 10
        settings.limits.request = TimeSpan(seconds: 0)
        settings.limits.connections = 0
        #expect(
            settings.allProblems.map { "\($0.key) \($0.problem)" } == [
                "limits.header must be from 1024 to 1048576 bytes, but is 10",
                "limits.connections must be 1 or more, but is 0",
                "limits.request must be from 10ms to 1d, but is 0s",
                "index must be names of files, without a slash",
                "defaultType must be written TYPE/SUBTYPE, but is \"text\"",
                "types must have extensions without a dot for keys, but one is \".x\"",
                "types.y must be written TYPE/SUBTYPE, but is \"nonsense\"",
            ])
    }

    @Test(arguments: [
        ("a.html", "text/html; charset=utf-8"), ("a/b.JS", "text/javascript; charset=utf-8"),
        ("a.wasm", "application/wasm"),
        ("a.svg", "image/svg+xml; charset=utf-8"), ("a.x", "text/x-mine; charset=utf-8"),
        ("a", "application/octet-stream"),
        ("a.b/c", "application/octet-stream"), (".html", "application/octet-stream"), ("a.tar.gz", "application/gzip"),
        ("a.unknown", "application/octet-stream"), ("a.json", "application/json; charset=utf-8"),
        ("a.", "application/octet-stream"),
    ])
    func knowsMediaTypes(name: String, type: String) {
        let types = MediaTypes(additions: ["X": "text/x-mine"], default: "application/octet-stream")
        #expect(types.type(ofFile: Array(name.utf8)) == type)
    }

    @Test(arguments: ["text/html", "text/html; charset=utf-8", "a/b+c"])
    func acceptsMediaTypes(type: String) { #expect(MediaTypes.isValid(type)) }

    @Test(arguments: ["", "text", "text/", "/html", "a/b/c", "text/html\r\nX: y", "te xt/html", "text/ü"])
    func refusesMediaTypes(type: String) { #expect(!MediaTypes.isValid(type)) }

    @Test func escapesForHTMLAndURLs() {
        #expect(Escaping.html("<a href=\"x\">'&\u{7}") == "&lt;a href=&quot;x&quot;&gt;&#39;&amp;\u{FFFD}")
        #expect(Escaping.url(Array("a b/ü?#%".utf8)) == "a%20b%2F%C3%BC%3F%23%25")
    }

    @Test(
        arguments: [
            (0, "0 bytes"), (1, "1 byte"), (1023, "1023 bytes"), (1024, "1.0 KiB"), (1536, "1.5 KiB"),
            (1_048_575, "1.0 MiB"),
            (5 << 30, "5.0 GiB"), (Int64.max, "8192.0 PiB"),
        ] as [(Int64, String)])
    func writesSizesForPeople(bytes: Int64, text: String) { #expect(FolderListing.sizeText(bytes) == text) }

    @Test func findsBadHosts() {
        #expect(RequestFields([("host", "example.org:80")]).hostIsValid)
        #expect(RequestFields([("Host", "[::1]:80")]).hostIsValid)
        #expect(!RequestFields([("Host", "a/b")]).hostIsValid)
        #expect(RequestFields([("Host", "a"), ("HOST", "a")]).hosts == 2)
    }

    @Test func countsByClassOfStatus() {
        var counts = Counters.ByStatus()
        counts.add(1, for: 206)
        counts.add(2, for: 404)
        counts.add(2, for: 451)
        #expect(counts.successful == 1)
        #expect(counts.refused == 4)
    }
}
