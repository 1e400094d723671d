import Glibc
import TapData
import TapTesting
import Testing

/// The HTTP API, asked by curl.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct ApiTests {
    private let bench: Bench

    init() async throws {
        bench = try Bench()
        try bench.folder.write("hello\n", to: "index.html")
        try await bench.done("mktap", "web", "--static", ".", "--listen", "tcp:0:interface=127.0.0.1")
    }

    /// What curl prints: the body, and the status behind it.
    private func curl(_ path: String, _ options: String...) async throws -> String {
        let words =
            ["-s", "--max-time", "60", "-w", "%{http_code}", "--unix-socket", "web.sock"] + options
            + ["http://localhost\(path)"]
        return try await Program.run("curl", words, in: bench.folder.path).output
    }

    private func follow(_ options: String...) throws -> Program {
        try Program(
            "curl",
            ["-sN", "--max-time", "120", "--unix-socket", "web.sock"] + options + ["http://localhost/v1/events"],
            in: bench.folder.path)
    }

    @Test func eventsTellWhatHappens() async throws {
        let served = try await bench.serve("-f", "web.tap")
        let events = try follow()
        _ = try await events.line(containing: #""name":"web","state":"running""#)
        _ = try await events.line(containing: #""revision":1,"#)
        try await bench.done("tapctl", "disable", "web.tap", "web")
        _ = try await events.line(containing: #""kind":"change","status":"pending""#)
        _ = try await events.line(containing: #""kind":"made","status":"superseded""#)
        let active = try await events.line(containing: #""kind":"change","status":"active""#)
        #expect(active.contains(#""revision":2,"#))
        _ = try await events.line(containing: #""name":"web","state":"stopped""#)
        let again = try follow("-H", "Last-Event-ID: 1")
        _ = try await again.line(containing: "id: 1")
        _ = try await again.line(containing: "id: 2")
        _ = try await served.stop()
        for client in [events, again] {
            let outcome = try await client.end()
            #expect(outcome.status == 0, "\(outcome.output)")
        }
    }

    @Test func bodiesThatAreTooLargeAreRefused() async throws {
        let served = try await bench.serve("-f", "web.tap")
        try bench.folder.write(String(repeating: " ", count: 33 << 20), to: "large")
        let answer = try await curl(
            "/v1/plan", "-H", "Content-Type: application/json", "--data-binary", "@large")
        #expect(answer.hasSuffix("413"))
        #expect(answer.contains(#""title":"Content Too Large""#))
        try bench.folder.write(String(repeating: " ", count: 1 << 20), to: "large")
        #expect(
            try await curl("/v1/plan", "-H", "Content-Type: application/json", "--data-binary", "@large")
                .hasSuffix("400"))
        _ = try await served.stop()
    }

    @Test func aDescriptionIsSentAsItIs() async throws {
        let served = try await bench.serve("-f", "web.tap")
        let text = try await bench.done("tapctl", "export")
        try bench.folder.write(text + "  lissten: tcp:80\n", to: "site.yaml")
        let wrong = try await curl(
            "/v1/apply", "-H", "Content-Type: application/yaml", "--data-binary", "@site.yaml")
        #expect(wrong.hasSuffix("422"))
        #expect(wrong.contains(#""line":"#) && wrong.contains("lissten"))
        let head = try await curl("/v1/application", "-I")
        #expect(head.contains("etag: \"1\"\r\n"))
        _ = try await served.stop()
    }

    @Test func overTCPATokenIsNeeded() async throws {
        let read = try await bench.done("tapctl", "token", "add", "web.tap", "ci", "--role", "read").dropLast()
        let served = try await bench.serve("-f", "web.tap", "--control", "tcp:0:interface=127.0.0.1")
        let line = try await served.program.line(containing: "controlled over TCP")
        let port = try #require(Served(program: served.program, line: line).ports.first)
        let write = try await bench.done("tapctl", "token", "add", "web.tap", "ada", "--role", "write").dropLast()
        func ask(_ path: String, _ options: [String]) async throws -> String {
            let words = ["-s", "-i", "--max-time", "60"] + options + ["http://127.0.0.1:\(port)\(path)"]
            return try await Program.run("curl", words, in: "/").output
        }
        let unknown = try await ask("/v1/status", [])
        #expect(unknown.hasPrefix("HTTP/1.1 401 ") && unknown.contains("www-authenticate: Bearer"))
        #expect(!unknown.contains("etag"))
        #expect(try await ask("/v1/status", ["-H", "Authorization: Bearer x"]).hasPrefix("HTTP/1.1 401 "))
        let (reader, writer) = (["-H", "Authorization: Bearer \(read)"], ["-H", "Authorization: Bearer \(write)"])
        #expect(try await ask("/v1/status", reader).hasPrefix("HTTP/1.1 200 "))
        #expect(try await ask("/v1/status", reader + ["-H", "Origin: http://a"]).hasPrefix("HTTP/1.1 403 "))
        #expect(try await ask("/v1/status", reader + ["-H", "Host: a.example"]).hasPrefix("HTTP/1.1 403 "))
        #expect(try await ask("/v1/snapshots", reader + ["-X", "POST"]).hasPrefix("HTTP/1.1 403 "))
        #expect(try await ask("/v1/snapshots", writer + ["-X", "POST"]).hasPrefix("HTTP/1.1 201 "))
        #expect(try await ask("/v1/tokens", writer).hasPrefix("HTTP/1.1 403 "))
        let history = try await bench.json("tapctl", "history")
        #expect(history["1", "author"] == .string("token:ada"))
        #expect(history["1", "origin"] == .string("tcp"))
        try await bench.done("tapctl", "token", "remove", "web.tap", "ada")
        #expect(try await ask("/v1/status", writer).hasPrefix("HTTP/1.1 401 "))
        #expect(try await bench.json("tapctl", "token", "list")["0", "name"] == .string("ci"))
        let stored = try await Program.run("strings", ["web.tap", "web.tap-wal"], in: bench.folder.path).output
        #expect(!stored.contains(write) && !stored.contains(read))
        // The next program goes on with the same door.
        try await bench.done("tapctl", "upgrade")
        #expect(try await ask("/v1/status", reader).hasPrefix("HTTP/1.1 200 "))
        try await bench.runner(of: "web.tap").stop()
        _ = try await served.program.end()
    }

    @Test(arguments: [
        ("tcp:9000", "only this machine may control over TCP"),
        ("tcp:9000:interface=0.0.0.0", "only this machine may control over TCP"),
        ("tls:9000", "there is no TLS here yet"), ("unix:/tmp/a:mode=666", "--control-group"),
    ])
    func otherPlacesAreRefused(place: String, problem: String) async throws {
        let outcome = try await bench.run("tapd", "-f", "web.tap", "--control", place)
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains(problem))
    }

    @Test func aGroupMayLook() async throws {
        guard geteuid() == 0 else { return }
        chmod(bench.folder.path, 0o755)
        let served = try await bench.serve("-f", "web.tap", "--control-group", "54321")
        func ask(_ method: String, _ path: String, _ groups: [String]) async throws -> String {
            try await Program.run(
                "setpriv",
                ["--reuid", "65534"] + groups + [
                    "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-X", method, "--unix-socket", "web.sock",
                    "http://localhost\(path)",
                ], in: bench.folder.path
            ).output
        }
        for groups in [["--regid", "54321", "--clear-groups"], ["--regid", "1", "--groups=7,54321"]] {
            #expect(try await ask("GET", "/v1/status", groups) == "200")
            #expect(try await ask("POST", "/v1/snapshots", groups) == "403")
        }
        #expect(try await ask("GET", "/v1/status", ["--regid", "1", "--clear-groups"]) == "000")
        _ = try await served.stop()
    }
}
