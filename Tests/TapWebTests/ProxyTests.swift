import NIOCore
import Synchronization
import TapTesting
import Taproom
import Testing

@testable import TapWeb

/// The proxy between a client in memory and upstreams on real sockets.
@Suite(.timeLimit(.minutes(2)))
struct ProxyTests {
    @Test func passesRequestsAndAnswersOn() async throws {
        let (heads, seen) = AsyncStream.makeStream(of: String.self)
        try await withUpstream { peer in
            seen.yield(try await peer.receive() ?? "")
            try await peer.send("HTTP/1.1 201 Created\r\nServer: theirs\r\nConnection: close\r\n\r\nbody to the end")
        } _: { upstream in
            let proxy = try await TestProxy.make(to: [upstream])
            let exchange = try await proxy.begin(
                "GET /a%20b?c=d HTTP/1.1\r\nHost: site.example\r\nX-Custom: \u{e9}\r\nX-Forwarded-For: 1.2.3.4")
            #expect(try await exchange.events() == [.head(201, ["Server": "theirs"]), .finished])
            #expect(try await exchange.text == "body to the end")
            let head = try #require(await heads.first { _ in true })
            #expect(head.hasPrefix("GET /a%20b?c=d HTTP/1.1\r\nHost: site.example\r\nX-Custom: \u{e9}\r\n"))
            #expect(head.contains("X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n"))
            #expect(!head.contains("1.2.3.4"))
        }
    }

    @Test func reachesUnixSockets() async throws {
        let folder = try TemporaryFolder()
        try await withUpstream(at: folder["app.sock"], answerEverything) { upstream in
            let proxy = try await TestProxy.make(to: [upstream])
            #expect(try await proxy.get().body == "0.0")
        }
    }

    @Test func usesConnectionsAgain() async throws {
        try await withUpstream(answerEverything) { upstream in
            let proxy = try await TestProxy.make(to: [upstream])
            for count in 0..<3 { #expect(try await proxy.get().body == "0.\(count)") }
            #expect(try await proxy.idle == 1)
            try await proxy.retire()
            #expect(try await proxy.idle == 0)
            #expect(try await proxy.get().body == "1.0")
            #expect(try await proxy.idle == 0)
        }
    }

    @Test func closesConnectionsThatSayTooMuch() async throws {
        try await withUpstream { peer in
            while try await peer.receive() != nil {
                try await peer.answer("\(peer.number)")
                try await peer.send("HTTP")
            }
        } _: { upstream in
            let proxy = try await TestProxy.make(to: [upstream])
            #expect(try await proxy.get().body == "0")
            // Whether the rest has come with the answer or behind it: it begins no other answer.
            let second = try await proxy.get()
            #expect(second.body == "1" || second.status == 502)
        }
    }

    @Test func repeatsOnANewConnectionWhatAnOldOneDidNotTake() async throws {
        try await withUpstream { peer in
            _ = try await peer.receive()
            try await peer.answer("\(peer.number)")
            _ = try await peer.receive()
        } _: { upstream in
            let proxy = try await TestProxy.make(to: [upstream])
            #expect(try await proxy.get().body == "0")
            #expect(try await proxy.get().body == "1")
            let exchange = try await proxy.begin("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0")
            #expect(try await exchange.events() == [.failed(502)])
        }
    }

    @Test func passesInterimHeadsOn() async throws {
        try await withUpstream { peer in
            _ = try await peer.receive()
            try await peer.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
            try await peer.answer()
        } _: { upstream in
            let exchange = try await TestProxy.make(to: [upstream]).begin("GET / HTTP/1.1\r\nHost: a")
            #expect(
                try await exchange.events() == [.interim(103), .head(200, ["Content-Length": "2"]), .finished])
        }
    }

    @Test(arguments: ["Content-Length: 100000", "Transfer-Encoding: chunked"])
    func passesBodiesOn(_ framing: String) async throws {
        try await withUpstream { peer in
            while let head = try await peer.receive() {
                #expect(head.contains(framing + "\r\n"))
                if framing.hasPrefix("C") { _ = try await peer.receive(count: 100_000) }
                let chunks = framing.hasPrefix("T") ? try await peer.receive(through: "\r\n0\r\n\r\n") : nil
                try await peer.answer("\(chunks?.count { $0 == "u" } ?? 100_000)")
            }
        } _: { upstream in
            let proxy = try await TestProxy.make(to: [upstream])
            for _ in 0..<2 {
                let exchange = try await proxy.begin("POST / HTTP/1.1\r\nHost: a\r\n\(framing)", upload: 100_000)
                _ = try await exchange.events()
                #expect(try await exchange.text == "100000")
            }
        }
    }

    @Test(arguments: [10, 30]) func refusesBodiesOfAnotherLength(_ upload: Int) async throws {
        let (ends, seen) = AsyncStream.makeStream(of: Void.self)
        try await withUpstream { peer in
            try await peer.waitForEnd()
            seen.yield()
        } _: { upstream in
            let proxy = try await TestProxy.make(to: [upstream])
            let exchange = try await proxy.begin("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20", upload: upload)
            #expect(try await exchange.events().last == .failed(400))
            await ends.first { _ in true }
            #expect(proxy.upstreams.active(0) == 0)
        }
    }

    @Test func makesWhoeverSendsTooFastWait() async throws {
        let bytes = 50_000_000
        try await withUpstream { peer in
            _ = try await peer.receive()
            try await peer.send("HTTP/1.1 200 OK\r\nContent-Length: \(bytes)\r\n\r\n")
            try await peer.send(count: bytes)
            // When it closed now, NIO would read all that the system holds at once.
            try await peer.waitForEnd()
        } _: { upstream in
            let proxy = try await TestProxy.make(to: [upstream])
            let exchange = try await proxy.begin("GET / HTTP/1.1\r\nHost: a", window: 100_000)
            var count = 0
            for await event in exchange.events where event == .bytes {
                count += try await exchange.on { stream in
                    defer { stream.drain() }
                    return stream.waiting
                }
            }
            #expect(count == bytes)
            // What is read at once may come on top.
            let most = try await exchange.on { $0.mostWaiting }
            #expect(most <= 100_000 + 65_536)
            try await proxy.retire()
        }
    }

    @Test func makesClientsWaitForSlowUpstreams() async throws {
        let bytes = 50_000_000
        let (goes, go) = AsyncStream.makeStream(of: Void.self)
        try await withUpstream { peer in
            _ = try await peer.receive()
            await goes.first { _ in true }
            #expect(try await peer.receive(count: bytes))
            try await peer.answer()
        } _: { upstream in
            let proxy = try await TestProxy.make(to: [upstream])
            let exchange = try await proxy.begin(
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(bytes)", upload: bytes)
            // Held while there is no connection, then while the upstream takes nothing.
            for _ in 0..<2 { await exchange.wait { $0 == .reading(false) } }
            #expect(try await exchange.on { $0.upload } > 30_000_000)
            go.yield()
            #expect(try await exchange.events().last == .finished)
            #expect(try await exchange.on { $0.upload } == 0)
        }
    }

    @Test func endsUpstreamsWhenTheClientLeaves() async throws {
        let (ends, seen) = AsyncStream.makeStream(of: Void.self)
        try await withUpstream { peer in
            _ = try await peer.receive()
            try await peer.send("HTTP/1.1 200 OK\r\n\r\nfirst")
            try await peer.waitForEnd()
            seen.yield()
        } _: { upstream in
            let proxy = try await TestProxy.make(to: [upstream])
            let exchange = try await proxy.begin("GET / HTTP/1.1\r\nHost: a")
            await exchange.wait { $0 == .bytes }
            #expect(proxy.upstreams.active(0) == 1)
            try await exchange.on { $0.handler?.cancel() }
            await ends.first { _ in true }
            #expect(proxy.upstreams.active(0) == 0)
        }
    }

    @Test func answersEarly() async throws {
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        try await withUpstream { peer in
            _ = try await peer.receive()
            try await peer.send("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
            await ends.first { _ in true }
        } _: { upstream in
            let proxy = try await TestProxy.make(to: [upstream])
            let exchange = try await proxy.begin(
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000", upload: 50_000_000)
            let events = try await exchange.events().filter { if case .reading = $0 { false } else { true } }
            #expect(events == [.head(413, ["Content-Length": "0"]), .finished])
            #expect(try await proxy.idle == 0)
            end.yield()
        }
    }

    @Test func refusesWhatGoesInCircles() async throws {
        let via = String(repeating: "1.1 taproom, ", count: 8)
        try await withUpstream(answerEverything) { upstream in
            let proxy = try await TestProxy.make(to: [upstream])
            #expect(try await proxy.get("/", "\r\nVia: \(via)1.1 other").status == 508)
            #expect(try await proxy.get("/", "\r\nVia: 1.1 taproom").status == 200)
            #expect(try await proxy.get("/a/../b").status == 400)
            #expect(proxy.upstreams.active(0) == 0)
        }
    }
}
