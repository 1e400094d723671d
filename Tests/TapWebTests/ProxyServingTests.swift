import TapTesting
import Taproom
import Testing

@testable import TapWeb

/// The proxy with clients on real sockets too.
@Suite(.timeLimit(.minutes(2)))
struct ProxyServingTests {
    private func proxying<Result: Sendable>(
        to upstream: String, at path: String = "/", _ change: (inout ProxySettings) -> Void = { _ in },
        _ body: (RunningService) async throws -> Result
    ) async throws -> Result {
        var settings = WebSettings()
        var route = WebRoute()
        var proxy = ProxySettings()
        proxy.to = .init([try #require(Upstream(upstream))])
        change(&proxy)
        route.path = path
        route.proxy = proxy
        settings.routes = [route]
        return try await withService(Web.self, settings: settings, body)
    }

    @Test func answersOneRequestAfterTheOther() async throws {
        try await withUpstream(answerEverything) { upstream in
            try await proxying(to: upstream) { service in
                let connection = try service.connect()
                for count in 0..<3 { #expect(try await connection.request("/a").text == "0.\(count)") }
                try await connection.send(String(repeating: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", count: 3))
                for count in 3..<6 { _ = try await connection.receive(through: "0.\(count)") }
            }
        }
    }

    @Test func passesBodiesAndTargetsOn() async throws {
        try await withUpstream { peer in
            while let head = try await peer.receive() {
                #expect(head.hasPrefix("POST /v1/x?y=z HTTP/1.1\r\n"))
                #expect(!head.contains("Expect"))
                let body = try await peer.receive(through: "0\r\n\r\n")
                try await peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
                #expect(body == "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
            }
        } _: { upstream in
            try await proxying(to: upstream + "/v1", at: "/api") { service in
                let connection = try service.connect()
                for _ in 0..<2 {
                    try await connection.send("POST /api/x?y=z HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n")
                    try await connection.send("Transfer-Encoding: chunked\r\n\r\n")
                    _ = try await connection.receive(through: "HTTP/1.1 100 Continue\r\n\r\n")
                    try await connection.send("3\r\nabc\r\n")
                    try await connection.send("2;x=y\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n")
                    let answer = try await connection.receive(through: "0\r\n\r\n")
                    #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nDate: "))
                    #expect(answer.hasSuffix("\r\n\r\n5\r\nhello\r\n0\r\n\r\n"))
                }
                try await connection.send("GET /other HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try await connection.receive(through: "\r\n\r\n").hasPrefix("HTTP/1.1 404 "))
            }
        }
    }

    @Test func passesMuchOnInBothDirections() async throws {
        let bytes = 20_000_000
        try await withUpstream { peer in
            while try await peer.receive() != nil {
                #expect(try await peer.receive(count: bytes))
                try await peer.send("HTTP/1.1 200 OK\r\nContent-Length: \(bytes)\r\n\r\n")
                try await peer.send(count: bytes)
            }
        } _: { upstream in
            try await proxying(to: upstream) { service in
                let connection = try service.connect()
                for _ in 0..<2 {
                    try await connection.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: \(bytes)\r\n\r\n")
                    try await connection.send(Array(repeating: UInt8(ascii: "u"), count: bytes))
                    _ = try await connection.receive(through: "\r\n\r\n")
                    let body = try await connection.receive(count: bytes)
                    #expect(body.allSatisfy { $0 == UInt8(ascii: "d") })
                }
            }
        }
    }

    @Test func tunnels() async throws {
        try await withUpstream { peer in
            _ = try await peer.receive()
            try await peer.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhi!")
            while let text = try await peer.receive(through: "!") { try await peer.send(text) }
        } _: { upstream in
            try await proxying(to: upstream) { service in
                let connection = try service.connect()
                // The client doesn't wait for the answer.
                try await connection.send(
                    "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\none!")
                let head = try await connection.receive(through: "\r\n\r\n")
                #expect(head.contains("Upgrade: echo\r\n") && head.contains("Connection: Upgrade\r\n"))
                #expect(try await connection.receive(through: "hi!one!") == "hi!one!")
                try await connection.send("two!")
                #expect(try await connection.receive(through: "!") == "two!")
                try await connection.finishSending()
                #expect(try await connection.receiveAll() == [])
            }
        }
    }

    @Test func breaksOffWhatTheUpstreamBreaksOff() async throws {
        try await withUpstream { peer in
            let head = try await peer.receive() ?? ""
            let rest =
                head.contains("/length")
                ? "Content-Length: 9\r\n\r\nhello" : "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
            try await peer.send("HTTP/1.1 200 OK\r\n" + rest)
        } _: { upstream in
            try await proxying(to: upstream) { service in
                for target in ["/length", "/chunks"] {
                    let connection = try service.connect()
                    try await connection.send("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n")
                    let answer = String(decoding: try await connection.receiveAll(), as: UTF8.self)
                    #expect(answer.hasPrefix("HTTP/1.1 200 "))
                    #expect(answer.hasSuffix(target == "/length" ? "hello" : "hello\r\n"))
                }
            }
        }
    }

    @Test func tellsTheUpstreamThatTheClientIsGone() async throws {
        let (ends, seen) = AsyncStream.makeStream(of: Void.self)
        try await withUpstream { peer in
            _ = try await peer.receive()
            try await peer.send("HTTP/1.1 200 OK\r\n\r\nhello")
            try await peer.waitForEnd()
            seen.yield()
        } _: { upstream in
            try await proxying(to: upstream) { service in
                let connection = try service.connect()
                try await connection.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                _ = try await connection.receive(through: "hello")
                try await connection.abort()
                await ends.first { _ in true }
            }
        }
    }

    @Test func answersWithAPageInPlaceOfUpstreams() async throws {
        try await proxying(to: "unix:/nonexistent/app.sock") { service in
            let answer = try await service.connect().request("/")
            #expect(answer.status == 502)
        }
    }
}
