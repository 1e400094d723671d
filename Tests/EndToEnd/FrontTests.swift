import Glibc
import TapTesting
import Taproom
import Testing

/// The sample with a site, a proxy and TLS, as its users run it.
@Suite(.timeLimit(.minutes(3)))
struct FrontTests {
    private static let samples = String(#filePath.dropLast("Tests/EndToEnd/FrontTests.swift".count)) + "samples"

    /// A server behind the proxy: a site of our own that has one file.
    private func upstream(_ bench: Bench) async throws -> Served {
        try bench.folder.write("from behind", to: "behind/answer.txt")
        try bench.folder.write("well", to: "behind/healthz")
        try await bench.done("mktap", "web", "--static", "behind", "--port", "0", "-o", "behind.tap")
        return try await bench.serve("-f", "behind.tap")
    }

    @Test func servesASiteAndAnApplicationWithTLS() async throws {
        let bench = try Bench()
        let behind = try await upstream(bench)
        let text = try String(
            decoding: SmallFile.read(Self.samples + "/front.yaml", atMost: 100_000).bytes, as: UTF8.self)
        #expect(text.split(separator: "\n").count { !$0.hasPrefix("#") } < 30)
        try bench.folder.write(
            text.replacing("tcp:8080", with: "tcp:0").replacing("tls:8443", with: "tls:0")
                .replacing("127.0.0.1:9000", with: "127.0.0.1:\(behind.port)")
                .replacing("static: site", with: "static: \(Self.samples)/site")
                .replacing("redirect: true}", with: "redirect: false}"),
            to: "front.yaml")
        let front = try await bench.serve("-y", "front.yaml")
        #expect(try await front.curl("/").contains("<h1>It works</h1>"))
        #expect(try await front.curl("/api/answer.txt") == "from behind\n200")
        #expect(try await front.curl("/api/none").hasSuffix("\n404"))
        // The application behind goes, and the site stays.
        #expect(try await behind.stop().status == 0)
        #expect(try await front.curl("/api/answer.txt").hasSuffix("\n502"))
        #expect(try await front.curl("/style.css", "-o", "/dev/null") == "\n200")
        // A route that changes while it runs counts from the next request on.
        try await bench.done("tapctl", "set", "front.tap", "web.headers={X-New: \"1\"}")
        #expect(try await front.curl("/style.css", "-o", "/dev/null", "-D", "-").contains("X-New: 1"))
        #expect(try await front.stop().status == 0)
    }
}
