import Glibc
import NIOCore
import NIOHTTP1
import TapTesting
import Taproom
import Testing

@testable import TapWeb

private let head = "Content-Type: text/plain\r\n\r\n"
private let typical = FastCGIResponder.Reply.good(head + "hello")

@Suite(.timeLimit(.minutes(2)))
struct FastCGITests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func talk(
        to names: [String] = ["a"], _ log: RecordedLog = RecordedLog(),
        change: (inout FastCGISettings) -> Void = { _ in }
    ) async throws -> ProgramTalk {
        var settings = FastCGISettings()
        settings.to = OneOrMore(names.map { "unix:\(folder[$0])" })
        change(&settings)
        let (made, scripts) = (settings, try FastCGIScripts(settings))
        return try await ProgramTalk { FastCGISource(made, scripts, loop: $0, logger: log.logger) }
    }

    private func responder(
        _ name: String = "a", answer: @escaping @Sendable (FastCGIResponder.Question) -> FastCGIResponder.Reply?
    ) async throws -> FastCGIResponder { try await FastCGIResponder(folder[name], answer: answer) }

    @Test func tellsAScriptAllOfARequest() async throws {
        try folder.write("", to: "www/sub/app.php")
        let server = try await responder { _ in typical }
        let talk = try await talk {
            $0.root = LocalPath(folder["www"])
            $0.rootThere = "/there"
            $0.environment = ["APP": "1"]
        }
        let long = String(repeating: "z", count: 300)
        let answer = try await talk.ask(
            "POST /app/sub/app.php/x%20y/?q=1 HTTP/1.1\r\nHost: a.example\r\nContent-Length: 4\r\nContent-Type: text/x\r\n"
                + "Proxy: evil\r\nAuthorization: Basic eDp5\r\nX-Long: \(long)\r\n", body: [ByteBuffer(string: "body")])
        #expect(answer.text == "hello")
        #expect(answer.ending == .finished)
        let question = try #require(server.questions.first)
        #expect(String(buffer: question.body) == "body")
        #expect(!question.isKept)
        let expected = [
            "SCRIPT_FILENAME": "/there/sub/app.php", "SCRIPT_NAME": "/app/sub/app.php", "PATH_INFO": "/x y/",
            "PATH_TRANSLATED": "/there/x y/", "DOCUMENT_ROOT": "/there", "REQUEST_URI": "/app/sub/app.php/x%20y/?q=1",
            "QUERY_STRING": "q=1", "CONTENT_LENGTH": "4", "CONTENT_TYPE": "text/x", "REQUEST_METHOD": "POST",
            "HTTP_AUTHORIZATION": "Basic eDp5", "HTTP_X_LONG": long, "REDIRECT_STATUS": "200", "APP": "1",
            "SERVER_NAME": "a.example", "GATEWAY_INTERFACE": "CGI/1.1",
        ]
        for (name, value) in expected { #expect(question.parameters[name] == value, "\(name)") }
        #expect(question.parameters["HTTP_PROXY"] == nil)
    }

    @Test func runsOnlyScriptsThatAreThere() async throws {
        let outside = try TemporaryFolder()
        try outside.write("", to: "evil.php")
        for name in ["index.php", "app.php", "picture.jpg", "sub/index.php", ".git/x.php", "dir.php/in.php"] {
            try folder.write("", to: "www/" + name)
        }
        try folder.link("www/link.php", to: outside["evil.php"])
        _ = try await responder {
            .good("\(head)\($0.parameters["SCRIPT_FILENAME"] ?? "") \($0.parameters["PATH_INFO"] ?? "")")
        }
        let root = folder["www"]
        let talk = try await talk { $0.root = LocalPath(root) }
        for (target, script) in [
            ("/app.php", "app.php "), ("/app.php/a.php", "app.php /a.php"), ("/", "index.php "),
            ("/sub/", "sub/index.php "),
            ("/dir.php/in.php/x", "dir.php/in.php /x"), ("/x/../app.php", "app.php "), ("/app.php/", "app.php /"),
        ] {
            #expect(
                try await talk.ask("GET \(target) HTTP/1.1\r\nHost: a\r\n", mounted: 0).text == "\(root)/\(script)",
                "\(target)")
        }
        for target in [
            "/none.php", "/picture.jpg", "/picture.jpg/x.php", "/none/app.php", "/.git/x.php", "/link.php", "/dir.php",
            "/dir.php/", "/.php", "/app.PHP", "/%2e%2e%5capp.php",
        ] {
            let answer = try await talk.ask("GET \(target) HTTP/1.1\r\nHost: a\r\n", mounted: 0)
            #expect(answer.ending == .failed(404) || answer.ending == .failed(400), "\(target)")
        }
        let redirect = try await talk.ask("GET /sub?x HTTP/1.1\r\nHost: a\r\n", mounted: 0)
        #expect(redirect.status == 301)
        #expect(redirect.fields["location"] == "/sub/?x")
    }

    @Test func anotherScriptAnswersWhereThereIsNone() async throws {
        try folder.write("", to: "www/index.php")
        let server = try await responder { _ in typical }
        let talk = try await talk {
            $0.root = LocalPath(folder["www"])
            $0.fallback = "index.php"
        }
        for target in ["/blog/2024/hello?x=1", "/blog/none.php/x", "/blog/.git/x"] {
            #expect(try await talk.get(target).text == "hello")
            let parameters = try #require(server.questions.last?.parameters)
            #expect(parameters["SCRIPT_NAME"] == "/blog/index.php")
            #expect(parameters["SCRIPT_FILENAME"] == folder["www"] + "/index.php")
            #expect(parameters["PATH_INFO"] == nil)
            #expect(parameters["REQUEST_URI"] == target)
        }
    }

    @Test func aServerWithoutFilesKnowsWhatAnswers() async throws {
        let server = try await responder { _ in typical }
        #expect(try await talk().get("/app/users/7").ending == .finished)
        let parameters = try #require(server.questions.first?.parameters)
        #expect(parameters["SCRIPT_NAME"] == "/app")
        #expect(parameters["PATH_INFO"] == "/users/7")
        #expect(parameters["SCRIPT_FILENAME"] == nil)
    }

    @Test func sendsLongBodiesThereAndBack() async throws {
        _ = try await responder { question in
            var bytes = ByteBuffer(string: "")
            bytes.writeFastCGI(.output, 1, ByteBuffer(string: head))
            bytes.writeFastCGI(.output, 1, question.body)
            bytes.writeFastCGI(.endRequest, 1, ByteBuffer(repeating: 0, count: 8))
            return FastCGIResponder.Reply(pieces: [bytes])
        }
        let pieces = (0..<160).map { ByteBuffer(repeating: UInt8($0 % 251), count: 65_536) }
        let answer = try await talk { $0.body = ByteCount(bytes: 1 << 30) }.ask(
            "POST /app HTTP/1.1\r\nHost: a\r\nContent-Length: \(160 << 16)\r\n", body: pieces
        ) { stream in
            stream.sent = { stream in
                guard stream.isWritable, stream.answer.body.readableBytes > 0 else { return }
                stream.isWritable = false
                let bound = NIOLoopBound(stream, eventLoop: stream.eventLoop)
                stream.eventLoop.execute { bound.value.isWritable = true }
            }
        }
        #expect(answer.ending == .finished)
        #expect(answer.body == pieces.reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) })
        #expect(answer.hasPaused)
    }

    @Test func wantsToKnowTheLengthOfLongBodies() async throws {
        let server = try await responder { _ in typical }
        let talk = try await talk()
        let chunked = "POST /app HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
        #expect(try await talk.ask(chunked, body: [ByteBuffer(string: "abc")]).ending == .finished)
        #expect(server.questions.first?.parameters["CONTENT_LENGTH"] == "3")
        let long = Array(repeating: ByteBuffer(repeating: 1, count: 100_000), count: 30)
        #expect(try await talk.ask(chunked, body: long).ending == .failed(411))
    }

    @Test func takesAnswersInPiecesOfEverySize() async throws {
        let whole = typical.pieces.reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) }
        _ = try await responder { question in
            guard let split = question.parameters["PATH_INFO"].flatMap({ Int($0.dropFirst()) }),
                let first = whole.getSlice(at: 0, length: split),
                let second = whole.getSlice(at: split, length: whole.readableBytes - split)
            else { return nil }
            return FastCGIResponder.Reply(pieces: [first, second])
        }
        let talk = try await talk()
        for split in 0...whole.readableBytes { #expect(try await talk.get("/app/\(split)").text == "hello") }
    }

    @Test(arguments: [
        // Another request; a kind that servers don't send; another version; a length that isn't kept, as the end is missing.
        [1, 6, 0, 2, 0, 0, 0, 0], [1, 5, 0, 1, 0, 0, 0, 0], [9, 6, 0, 1, 0, 0, 0, 0], [1, 6, 0, 1, 255, 255, 255, 0],
        // An end without an answer, and one that is too short.
        [1, 3, 0, 1, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [1, 3, 0, 1, 0, 1, 0, 0, 0],
        // A head that is none.
        [1, 6, 0, 1, 0, 2, 0, 0, 10, 10],
    ]) func refusesWrongAnswers(bytes: [UInt8]) async throws {
        _ = try await responder { _ in
            var reply = FastCGIResponder.Reply.bad(bytes)
            reply.closes = true
            return reply
        }
        let log = RecordedLog()
        #expect(try await talk(log).get("/app").ending == .failed(502))
        #expect(log.text.contains("a program answered wrong"))
    }

    @Test func breaksOffWhenTheServerDoes() async throws {
        _ = try await responder { _ in
            var bytes = ByteBuffer()
            bytes.writeFastCGI(.output, 1, ByteBuffer(string: head + "some"))
            return FastCGIResponder.Reply(pieces: [bytes], closes: true)
        }
        let answer = try await talk().get("/app")
        #expect(answer.text == "some")
        #expect(answer.ending == .failed(502))
    }

    @Test func anOverloadedServerIsBusy() async throws {
        _ = try await responder { _ in .bad([1, 3, 0, 1, 0, 8, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0]) }
        #expect(try await talk().get("/app").ending == .failed(503))
    }

    @Test func endsWaitingForASilentServer() async throws {
        let server = try await responder { _ in nil }
        #expect(try await talk { $0.answer = TimeSpan(milliseconds: 200) }.get("/app").ending == .failed(504))
        while server.open > 0, !Task.isCancelled { await Task.yield() }
    }

    @Test func letsGoOfTheServerWhenTheClientIsGone() async throws {
        let server = try await responder { _ in
            var bytes = ByteBuffer()
            bytes.writeFastCGI(.output, 1, ByteBuffer(string: head + "some"))
            return FastCGIResponder.Reply(pieces: [bytes])
        }
        let answer = try await talk().ask("GET /app HTTP/1.1\r\nHost: a\r\n") { stream in
            stream.sent = { if $0.answer.body.readableBytes > 0 { $0.leave() } }
        }
        #expect(answer.ending == .cancelled)
        while server.open > 0, !Task.isCancelled { await Task.yield() }
    }

    @Test func logsWhatAScriptComplainsAbout() async throws {
        _ = try await responder { _ in .good(head, errors: "PHP message: oh\nno") }
        let log = RecordedLog()
        #expect(try await talk(log).get("/app").ending == .finished)
        #expect(log.text.contains("PHP message: oh"))
        #expect(log.text.contains("no"))
    }

    // MARK: Several connections and servers

    @Test func usesConnectionsAgainThatMayBeKept() async throws {
        let server = try await responder { _ in typical }
        let talk = try await talk { $0.keep = 2 }
        for _ in 0..<5 { #expect(try await talk.get("/app").text == "hello") }
        // A request that can't be sent twice never meets a connection that the server is about to close.
        let post = "POST /app HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
        #expect(try await talk.ask(post, body: [ByteBuffer(string: "x")]).text == "hello")
        #expect(server.questions.map(\.connection) == [1, 1, 1, 1, 1, 2])
        #expect(server.questions.allSatisfy { $0.isKept })
        let source = talk.source
        try await talk.loop.submit { source.value.retire() }.get()
        while server.open > 0, !Task.isCancelled { await Task.yield() }
    }

    @Test func keepsNothingThatIsNotAskedFor() async throws {
        let server = try await responder { _ in typical }
        let talk = try await talk()
        for _ in 0..<3 { #expect(try await talk.get("/app").text == "hello") }
        #expect(server.questions.map(\.connection) == [1, 2, 3])
        while server.open > 0, !Task.isCancelled { await Task.yield() }
    }

    @Test func asksAgainWhenAKeptConnectionWasClosed() async throws {
        // The first request on each connection is answered, the second one meets a closed door.
        let server = try await responder { question in
            if question.parameters["PATH_INFO"] == "/2", question.connection == 1 {
                return FastCGIResponder.Reply(pieces: [], closes: true)
            }
            return typical
        }
        let talk = try await talk { $0.keep = 1 }
        #expect(try await talk.get("/app/1").text == "hello")
        #expect(try await talk.get("/app/2").text == "hello")
        #expect(server.questions.map(\.connection) == [1, 1, 2])
    }

    @Test func closesConnectionsThatNobodyUses() async throws {
        let server = try await responder { _ in typical }
        let talk = try await talk {
            $0.keep = 1
            $0.idle = TimeSpan(milliseconds: 50)
        }
        #expect(try await talk.get("/app").text == "hello")
        while server.open > 0, !Task.isCancelled { await Task.yield() }
    }

    @Test func neverUsesAConnectionWhoseRequestIsUnfinished() async throws {
        let server = try await responder { _ in
            var reply = typical
            reply.isEarly = true
            return reply
        }
        let talk = try await talk { $0.keep = 1 }
        let answer = try await talk.ask(
            "POST /app HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n",
            body: Array(repeating: ByteBuffer(repeating: 1, count: 100_000), count: 100))
        #expect(answer.text == "hello")
        #expect(try await talk.get("/app").text == "hello")
        #expect(server.questions.map(\.connection) == [1, 2])
    }

    @Test func asksServersInTurnAndLeavesOutTheDead() async throws {
        let first = try await responder("a") { _ in typical }
        let second = try await responder("b") { _ in typical }
        let log = RecordedLog()
        let talk = try await talk(to: ["a", "dead", "b"], log)
        for _ in 0..<9 { #expect(try await talk.get("/app").text == "hello") }
        #expect(first.questions.count + second.questions.count == 9)
        #expect(first.questions.count >= 3)
        #expect(second.questions.count >= 3)
        #expect(log.text.components("can't be reached") == 1)
    }

    @Test func saysWhenNoServerCanBeReached() async throws {
        let log = RecordedLog()
        #expect(try await talk(to: ["dead", "gone"], log).get("/app").ending == .failed(502))
        #expect(log.text.components("can't be reached") == 2)
    }

    @Test func comesBackToAServerThatLivesAgain() async throws {
        let log = RecordedLog()
        let talk = try await talk(to: ["a"], log)
        #expect(try await talk.get("/app").ending == .failed(502))
        _ = try await responder { _ in typical }
        #expect(try await talk.get("/app").text == "hello")
        #expect(log.text.contains("answers again"))
    }
}

extension String {
    /// How often a text occurs.
    fileprivate func components(_ text: String) -> Int {
        split(separator: text, omittingEmptySubsequences: false).count - 1
    }
}
