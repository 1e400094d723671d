import Glibc
import TapTesting
import Taproom
import Testing

@testable import TapWeb

@Suite(.timeLimit(.minutes(2)))
struct ConnectionTests {
    /// What comes back for raw bytes until the server closes.
    private func exchange(
        _ bytes: String, finish: Bool = false, change: (inout WebSettings) -> Void = { _ in }
    ) async throws -> String {
        try await serving(try sampleFolder(), change: change) { service in
            let connection = try service.connect()
            try await connection.send(bytes)
            if finish { try await connection.finishSending() }
            return String(decoding: try await connection.receiveAll(), as: UTF8.self)
        }
    }

    @Test(arguments: [
        ("GET /hello.txt HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n", 400),
        ("nonsense\r\n\r\n", 400), ("GET /\r\n\r\n", 400), ("GET / HTTP/9.9\r\nHost: a\r\n\r\n", 505),
        ("GET / HTTP/1.1\r\nHost: a\r\nBad Header: x\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: LONG\r\n\r\n", 431), ("GET /LONG HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n", 413),
        ("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n", 200),
        ("GET / HTTP/1.1\r\nHost: a/b\r\nConnection: close\r\n\r\n", 400),
        ("CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", 405),
        ("GET / HTTP/1.0\r\n\r\n", 200), ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 200),
    ])
    func answersOnceAndCloses(bytes: String, status: Int) async throws {
        // Reports show arguments: long ones are made here.
        let bytes = bytes.split(separator: "LONG", omittingEmptySubsequences: false)
            .joined(separator: String(repeating: "x", count: 20_000))
        let answer = try await exchange(bytes, finish: status == 400)
        #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
        #expect(answer.contains("\r\nConnection: close\r\n") || status == 400)
        #expect(answer.components(separatedBy: "HTTP/1.1 ") == 2)
    }

    @Test func refusesBodiesThatGrowTooLong() async throws {
        let chunk = "10000\r\n" + String(repeating: "x", count: 65_536) + "\r\n"
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        let answer = try await exchange(head + String(repeating: chunk, count: 17))
        #expect(answer.hasPrefix("HTTP/1.1 413 "))
    }

    @Test func discardsShortBodies() async throws {
        try await serving(try sampleFolder()) { service in
            let connection = try service.connect()
            try await connection.send("GET /hello.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12345")
            let first = try await connection.response()
            #expect(first.text == "hello")
            let post = try await connection.request("/", method: "POST", "Content-Length: 0")
            #expect(post.status == 405)
            #expect(post["Allow"] == "GET, HEAD, OPTIONS")
            let options = try await connection.request("*", method: "OPTIONS")
            #expect(options.status == 204)
            let second = try await connection.request("/hello.txt")
            #expect(second.text == "hello")
        }
    }

    @Test func goesOnAfterMethodsAndProtocolsThatItDoesNotKnow() async throws {
        try await serving(try sampleFolder()) { service in
            let connection = try service.connect()
            let unknown = try await connection.request("/", method: "BREW")
            #expect(unknown.status == 501)
            let upgrade = try await connection.request("/hello.txt", "Connection: Upgrade", "Upgrade: h2c")
            #expect(upgrade.text == "hello")
            let next = try await connection.request("/hello.txt")
            #expect(next.text == "hello")
        }
    }

    @Test func answersPipelinedRequestsInOrder() async throws {
        let folder = try sampleFolder()
        try folder.write(Array(repeating: UInt8(ascii: "z"), count: 700_000), to: "big")
        try await serving(folder) { service in
            let connection = try service.connect()
            let targets = (0..<200).map { ["/hello.txt", "/big", "/digits.bin", "/none"][$0 % 4] }
            try await connection.send(targets.map { "GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
            for target in targets {
                let response = try await connection.response()
                let expected = ["/hello.txt": 5, "/big": 700_000, "/digits.bin": 10][target]
                #expect(expected == nil ? response.status == 404 : response.body.count == expected)
            }
        }
    }

    @Test func headHasTheFieldsAndNoBody() async throws {
        try await serving(try sampleFolder()) { service in
            let connection = try service.connect()
            for target in ["/hello.txt", "/none", "/sub", "/empty/"] {
                let head = try await connection.request(target, method: "HEAD")
                let get = try await connection.request(target)
                #expect(head.status == get.status)
                #expect(head["Content-Length"] == get["Content-Length"])
                #expect(head["ETag"] == get["ETag"])
            }
        }
    }

    @Test func keepsOldConnectionsAliveWhenAsked() async throws {
        try await serving(try sampleFolder()) { service in
            let connection = try service.connect()
            for _ in 0..<2 {
                try await connection.send("GET /hello.txt HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                let response = try await connection.response()
                #expect(response["Connection"] == "keep-alive")
            }
        }
    }

    @Test func answersAClientThatHasFinishedSending() async throws {
        let answer = try await exchange("GET /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n", finish: true)
        #expect(answer.hasSuffix("\r\n\r\nhello"))
    }

    @Test func sendsEverythingToASlowClientThatHasFinishedSending() async throws {
        let folder = try sampleFolder()
        try folder.write(Array(repeating: UInt8(ascii: "z"), count: 60_000), to: "z.txt")
        age(folder["z.txt"])
        try await serving(folder) { service in
            let connection = try service.connect()
            try await connection.send(String(repeating: "GET /z.txt HTTP/1.1\r\nHost: a\r\n\r\n", count: 200))
            try await connection.finishSending()
            let answers = try await connection.receiveAll()
            #expect(answers.count > 200 * 60_000)
        }
    }

    @Test func takesRequestsByteByByte() async throws {
        try await serving(try sampleFolder()) { service in
            let connection = try service.connect()
            for byte in "GET /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n".utf8 { try await connection.send([byte]) }
            let response = try await connection.response()
            #expect(response.text == "hello")
        }
    }

    @Test func refusesHeadsThatTakeTooLong() async throws {
        let answer = try await exchange("GET / HTTP/1.1\r\nHost:") {
            $0.limits.request = TimeSpan("50ms") ?? $0.limits.request
        }
        #expect(answer.hasPrefix("HTTP/1.1 408 "))
    }

    @Test func closesIdleConnectionsWithoutAWord() async throws {
        let answer = try await exchange("") { $0.limits.idle = TimeSpan("50ms") ?? $0.limits.idle }
        #expect(answer == "")
    }

    @Test func closesIdleConnectionsWhenItStops() async throws {
        let connections = try await serving(try sampleFolder()) { service in
            let fresh = try service.connect()
            let used = try service.connect()
            _ = try await used.request("/hello.txt")
            return [fresh, used]
        }
        for connection in connections {
            let rest = try await connection.receiveAll()
            #expect(rest.isEmpty)
        }
    }

    @Test func finishesTheAnswerInProgressWhenItStops() async throws {
        let folder = try sampleFolder()
        try folder.write(Array(repeating: UInt8(ascii: "z"), count: 20_000_000), to: "big")
        let connection = try await serving(folder) { service in
            let connection = try service.connect()
            try await connection.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try await connection.receive(count: 1000)
            Task {
                // Takes the rest while the service waits for it.
                let rest = try await connection.receiveAll()
                #expect(rest.count > 20_000_000 - 1000)
            }
            return connection
        }
        _ = connection
    }

    @Test func closesWhenAFileShrinksWhileItIsSent() async throws {
        let folder = try sampleFolder()
        try folder.write(Array(repeating: UInt8(ascii: "z"), count: 50_000_000), to: "big")
        try await serving(folder) { service in
            let connection = try service.connect()
            try await connection.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try await connection.receive(count: 1000)
            truncate(folder["big"], 10)
            let rest = try await connection.receiveAll()
            #expect(rest.count < 50_000_000)
        }
    }
}

extension String {
    /// How many parts there are between separators, and at the ends.
    fileprivate func components(separatedBy separator: String) -> Int {
        split(separator: separator, omittingEmptySubsequences: false).count
    }
}
