import Logging
import Glibc
import NIOCore
import TapTesting
import Taproom
import Testing

@testable import TapWeb

/// Asks programs of a folder.
private func talk(
    _ folder: TemporaryFolder, _ log: RecordedLog = RecordedLog(), change: (inout CGISettings) -> Void = { _ in }
) async throws -> ProgramTalk {
    var settings = CGISettings()
    settings.folder = folder.local
    change(&settings)
    let programs = try CGIPrograms(settings, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    return try await ProgramTalk { CGISource(programs, loop: $0, logger: log.logger) }
}

private let plain = "printf 'Content-Type: text/plain\\n\\n'\n"

@Suite(.timeLimit(.minutes(2)))
struct CGITests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func tellsAProgramAllOfARequest() async throws {
        try folder.writeProgram(plain + "env\necho \"pwd=$(pwd)\"\necho \"arguments=$#\"\n", to: "sub/show")
        let answer = try await talk(folder) { $0.environment = ["GREETING": "hi", "LANG": "xx"] }.ask(
            "POST /cgi-bin/sub/show/a%20b/c%C3%A9?x=1&y=%20 HTTP/1.1\r\nHost: example.com:8080\r\nContent-Length: 3\r\n"
                + "Content-Type: text/x\r\nX-Odd-Name: 1\r\nX-Odd-Name: 2\r\nCookie: a=1\r\nCookie: b=2\r\n",
            body: [ByteBuffer(string: "abc")])
        #expect(answer.status == 200)
        #expect(answer.fields == ["content-type": "text/plain", "server": "taproom"])
        #expect(answer.ending == .finished)
        let expected = [
            "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "POST", "SCRIPT_NAME": "/cgi-bin/sub/show",
            "PATH_INFO": "/a b/cé", "PATH_TRANSLATED": "\(folder.path)/a b/cé", "QUERY_STRING": "x=1&y=%20",
            "CONTENT_LENGTH": "3", "CONTENT_TYPE": "text/x", "SERVER_NAME": "example.com", "SERVER_PORT": "8080",
            "SERVER_PROTOCOL": "HTTP/1.1", "SERVER_SOFTWARE": "taproom", "REMOTE_ADDR": "192.0.2.7",
            "REMOTE_PORT": "4711",
            "REQUEST_URI": "/cgi-bin/sub/show/a%20b/c%C3%A9?x=1&y=%20", "HTTP_HOST": "example.com:8080",
            "HTTP_X_ODD_NAME": "1, 2", "HTTP_COOKIE": "a=1; b=2", "GREETING": "hi", "LANG": "xx",
            "SCRIPT_FILENAME": folder["sub/show"], "pwd": folder["sub"], "arguments": "0",
        ]
        for (name, value) in expected { #expect(answer.variables[name] == value, "\(name)") }
        #expect(answer.variables["HTTPS"] == nil)
        #expect(answer.variables["HOME"] == nil)
        #expect(answer.variables["HTTP_CONTENT_LENGTH"] == nil)
    }

    @Test func hidesWhatIsDangerous() async throws {
        try folder.writeProgram(plain + "env", to: "show")
        let fields = "Proxy: http://evil.example\r\nAuthorization: Basic eDp5\r\nX_Forged: 1\r\nContent-Length: 0\r\n"
        let hidden = try await talk(folder).get("/cgi-bin/show?-s", fields).variables
        #expect(hidden["HTTP_PROXY"] == nil)
        #expect(hidden["HTTP_AUTHORIZATION"] == nil)
        #expect(hidden["HTTP_X_FORGED"] == nil)
        #expect(hidden["PATH_INFO"] == nil)
        let shown = try await talk(folder) { $0.authorization = true }.get("/cgi-bin/show", fields).variables
        #expect(shown["HTTP_AUTHORIZATION"] == "Basic eDp5")
        #expect(shown["HTTP_PROXY"] == nil)
    }

    @Test func saysThatAConnectionIsSecure() async throws {
        try folder.writeProgram(plain + "env", to: "show")
        let answer = try await talk(folder).ask(
            "GET /cgi-bin/show HTTP/1.0\r\n", client: Client(address: nil, isSecure: true, port: nil))
        #expect(answer.variables["HTTPS"] == "on")
        #expect(answer.variables["SERVER_PORT"] == "443")
        #expect(answer.variables["SERVER_NAME"] == "localhost")
        #expect(answer.variables["REMOTE_ADDR"] == "unix:")
    }

    @Test func sendsLongBodiesThereAndBack() async throws {
        try folder.writeProgram(plain + "cat", to: "echo")
        let pieces = (0..<320).map { ByteBuffer(repeating: UInt8($0 % 251), count: 65_536) }
        let size = pieces.count * 65_536
        let answer = try await talk(folder) { $0.body = ByteCount(bytes: 1 << 30) }.ask(
            "POST /cgi-bin/echo HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\n", body: pieces)
        #expect(answer.ending == .finished)
        #expect(answer.body == pieces.reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) })
        #expect(answer.hasPaused)
    }

    @Test func stopsReadingWhenTheClientTakesNothing() async throws {
        try folder.writeProgram(plain + "head -c 3000000 /dev/zero", to: "much")
        let answer = try await talk(folder).ask("GET /cgi-bin/much HTTP/1.1\r\nHost: a\r\n") { stream in
            stream.sent = { stream in
                guard stream.isWritable else { return }
                stream.isWritable = false
                let bound = NIOLoopBound(stream, eventLoop: stream.eventLoop)
                stream.eventLoop.execute { bound.value.isWritable = true }
            }
        }
        #expect(answer.ending == .finished)
        #expect(answer.body.readableBytes == 3_000_000)
    }

    @Test func tellsTheLengthOfAShortBodyInChunks() async throws {
        try folder.writeProgram(plain + "echo length=$CONTENT_LENGTH; echo body=$(cat)", to: "show")
        let answer = try await talk(folder).ask(
            "POST /cgi-bin/show HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n",
            body: [ByteBuffer(string: "ab"), ByteBuffer(string: "cd")])
        #expect(answer.variables == ["length": "4", "body": "abcd"])
    }

    @Test func sendsALongBodyInChunksWithoutALength() async throws {
        try folder.writeProgram(plain + "echo length=$CONTENT_LENGTH; echo count=$(wc -c)", to: "show")
        let answer = try await talk(folder).ask(
            "POST /cgi-bin/show HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n",
            body: Array(repeating: ByteBuffer(repeating: 1, count: 100_000), count: 30))
        #expect(answer.variables == ["length": "", "count": "3000000"])
    }

    @Test(arguments: [true, false]) func refusesBodiesThatAreTooLong(isAnnounced: Bool) async throws {
        try folder.writeProgram(plain + "cat", to: "echo")
        let framing = isAnnounced ? "Content-Length: 2000" : "Transfer-Encoding: chunked"
        let answer = try await talk(folder) { $0.body = ByteCount(bytes: 1999) }.ask(
            "POST /cgi-bin/echo HTTP/1.1\r\nHost: a\r\n\(framing)\r\n",
            body: [ByteBuffer(repeating: 1, count: 1000), ByteBuffer(repeating: 1, count: 1000)])
        #expect(answer.ending == .failed(413))
    }

    @Test func anAnswerNeedsNoReader() async throws {
        try folder.writeProgram(plain + "echo done", to: "deaf")
        let answer = try await talk(folder).ask(
            "POST /cgi-bin/deaf HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n",
            body: Array(repeating: ByteBuffer(repeating: 1, count: 100_000), count: 30))
        #expect(answer.ending == .finished)
        #expect(answer.text == "done\n")
    }

    @Test(arguments: [
        ("Status: 404 Nothing Here\nContent-Type: text/plain\n\n", 404), ("Location: /else\n\n", 302),
        ("Location: https://example.com/\r\nStatus: 301\r\n\r\n", 301), ("Status: 204\n\n", 204),
        ("content-type:text/plain\nX-CGI-Secret: 1\nConnection: close\nTransfer-Encoding: chunked\n\n", 200),
    ]) func understandsHeads(head: String, status: UInt) async throws {
        try folder.write(head, to: "head")
        try folder.writeProgram("cat head", to: "show")
        let answer = try await talk(folder).get("/cgi-bin/show")
        #expect(answer.ending == .finished)
        #expect(answer.status == status)
        #expect(answer.fields.keys.allSatisfy { ["content-type", "location", "server"].contains($0) })
    }

    @Test(arguments: [
        "", "Content-Type: text/plain\n", "Content-Type: text/plain", "\n", "X: 1\n\n", "no field\n\n",
        " folded: 1\n\n",
        "Content-Type : a/b\n\n", "Content-Type: a/b\rX: y\n\n", "Status: 99\n\n", "Status: 600\n\n", "Status: 101\n\n",
        "Status: 2000\n\n", "Status: ok\n\n", "Content-Type: a/b\nContent-Type: a/b\n\n",
        "Content-Type: a/b\nContent-Length: +1\n\n", "Content-Type: a/b\nContent-Length: \n\n", "Location:\n\n",
        "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\n\r\n",
        "Content-Type: a/b\nX: " + String(repeating: "x", count: 70_000) + "\n\n",
    ]) func refusesHeads(head: String) async throws {
        try folder.write(head, to: "head")
        try folder.writeProgram("cat head", to: "show")
        let log = RecordedLog()
        let answer = try await talk(folder, log).get("/cgi-bin/show")
        #expect(answer.ending == .failed(502))
        #expect(answer.status == nil)
        #expect(log.text.contains("a program answered wrong"))
    }

    @Test(arguments: [("5", "12345678"), ("5", "1234")]) func refusesBodiesOfAnotherLength(length: String, body: String)
        async throws
    {
        try folder.writeProgram("printf 'Content-Type: a/b\\nContent-Length: \(length)\\n\\n\(body)'", to: "show")
        let answer = try await talk(folder).get("/cgi-bin/show")
        #expect(answer.status == 200)
        #expect(answer.ending == .failed(502))
    }

    @Test func breaksOffWhenAProgramIsKilledInItsAnswer() async throws {
        try folder.writeProgram(plain + "echo some\nkill -SEGV $$", to: "crash")
        let log = RecordedLog()
        let answer = try await talk(folder, log).get("/cgi-bin/crash")
        #expect(answer.status == 200)
        #expect(answer.ending == .failed(502))
        #expect(log.text.contains("a program was killed"))
    }

    @Test func aStatusIsNoCrash() async throws {
        try folder.writeProgram(plain + "echo all\nexit 3", to: "fail")
        let log = RecordedLog()
        let answer = try await talk(folder, log).get("/cgi-bin/fail")
        #expect(answer.ending == .finished)
        #expect(log.text.contains("\"status\": \"3\"") || log.text.contains("status"))
    }

    @Test func logsWhatAProgramComplainsAbout() async throws {
        try folder.writeProgram(plain + "printf 'first\\nsec\\033ond\\n%02000d' 7 >&2", to: "loud")
        let log = RecordedLog()
        #expect(try await talk(folder, log).get("/cgi-bin/loud").ending == .finished)
        while !log.text.contains("…"), !Task.isCancelled { await Task.yield() }
        #expect(log.text.contains("warning: a program wrote to standard error"))
        #expect(log.text.contains("sec ond"))
        #expect(!log.text.contains(String(repeating: "0", count: 1100)))
    }
}
