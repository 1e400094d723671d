import NIOCore
import Synchronization
import TapTesting
import Taproom
import Testing

@testable import TapWeb

/// Upstreams that are not there, lie, hang or go away.
@Suite(.timeLimit(.minutes(2)))
struct ProxyFailureTests {
    /// An upstream that nobody listens at.
    private let nobody = "unix:/nonexistent/taproom-test.sock"

    @Test(arguments: [
        "garbage\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "HTTP/1.1 101 S\r\nUpgrade: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX-A", "", "HTTP/1.1 200 OK\nA: b\n\n",
    ])
    func answersInPlaceOfThoseWhoLie(_ answer: String) async throws {
        try await withUpstream { peer in
            _ = try await peer.receive()
            try await peer.send(answer)
        } _: { upstream in
            let proxy = try await TestProxy.make(to: [upstream])
            let exchange = try await proxy.begin("GET / HTTP/1.1\r\nHost: a")
            #expect(try await exchange.events() == [.failed(502)])
            #expect(try await proxy.idle == 0)
            #expect(proxy.upstreams.active(0) == 0)
        }
    }

    @Test(arguments: [
        "Content-Length: 10\r\n\r\nshort", "Transfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n",
        "Transfer-Encoding: chunked\r\n\r\n5\r\nshort\r\nlie\r\n",
    ])
    func breaksOffWhatIsNotComplete(_ rest: String) async throws {
        try await withUpstream { peer in
            _ = try await peer.receive()
            try await peer.send("HTTP/1.1 200 OK\r\n" + rest)
        } _: { upstream in
            let exchange = try await TestProxy.make(to: [upstream]).begin("GET / HTTP/1.1\r\nHost: a")
            #expect(try await exchange.events().last == .failed(502))
            #expect(try await exchange.text == "short")
        }
    }

    @Test func waitsForAnswersForAWhile() async throws {
        try await withUpstream { peer in
            _ = try await peer.receive()
            try await peer.send("HTTP/1.1 103 Early Hints\r\n\r\n")
            try await peer.waitForEnd()
        } _: { upstream in
            let proxy = try await TestProxy.make(to: [upstream]) { $0.answer = TimeSpan(milliseconds: 50) }
            let exchange = try await proxy.begin("GET / HTTP/1.1\r\nHost: a")
            #expect(try await exchange.events().last == .failed(504))
        }
    }

    @Test func waitsForTheRestForAWhile() async throws {
        try await withUpstream { peer in
            _ = try await peer.receive()
            try await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort")
            try await peer.waitForEnd()
        } _: { upstream in
            let proxy = try await TestProxy.make(to: [upstream]) { $0.idle = TimeSpan(milliseconds: 50) }
            let exchange = try await proxy.begin("GET / HTTP/1.1\r\nHost: a")
            #expect(try await exchange.events() == [.head(200, ["Content-Length": "10"]), .failed(504)])
        }
    }

    @Test func waitsForUpstreamsToTakeTheBodyForAWhile() async throws {
        let (ends, seen) = AsyncStream.makeStream(of: Void.self)
        try await withUpstream { _ in
            await ends.first { _ in true }
        } _: { upstream in
            let proxy = try await TestProxy.make(to: [upstream]) { $0.idle = TimeSpan(milliseconds: 50) }
            let exchange = try await proxy.begin(
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000", upload: 50_000_000)
            #expect(try await exchange.events().last == .failed(504))
            seen.yield()
        }
    }

    @Test func triesAnotherUpstream() async throws {
        try await withUpstream(answerEverything) { upstream in
            let proxy = try await TestProxy.make(to: [nobody, upstream])
            #expect(try await proxy.get().status == 200)
            #expect(try await proxy.get().status == 200)
            // Nothing was sent yet: any request can go elsewhere.
            _ = try await proxy.get()
            let exchange = try await proxy.begin("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0")
            #expect(try await exchange.events().last == .finished)
        }
    }

    @Test func triesNoMoreThanItMay() async throws {
        try await withUpstream(answerEverything) { upstream in
            let none = try await TestProxy.make(to: [nobody, upstream]) { $0.retries = 0 }
            #expect(try await none.get().status == 502)
            let one = try await TestProxy.make(to: [nobody, nobody + "2", upstream]) { $0.retries = 1 }
            #expect(try await one.get().status == 502)
            let two = try await TestProxy.make(to: [nobody, nobody + "2", upstream]) { $0.retries = 2 }
            #expect(try await two.get().status == 200)
        }
    }

    @Test func sendsOnlySafeRequestsAgain() async throws {
        try await withUpstream { peer in
            _ = try await peer.receive()
        } _: { bad in
            try await withUpstream(answerEverything) { good in
                for (method, ends) in [("GET", StreamEvent.finished), ("POST", .failed(502)), ("DELETE", .failed(502))]
                {
                    let proxy = try await TestProxy.make(to: [bad, good])
                    let exchange = try await proxy.begin("\(method) / HTTP/1.1\r\nHost: a")
                    #expect(try await exchange.events().last == ends)
                }
                let proxy = try await TestProxy.make(to: [bad, good])
                let exchange = try await proxy.begin("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5", upload: 5)
                #expect(try await exchange.events().last == .failed(502))
            }
        }
    }

    @Test func takesUpstreamsOutAndBack() async throws {
        let time = TestClock()
        let folder = try TemporaryFolder()
        let other = "unix:" + folder["other.sock"]
        let proxy = try await TestProxy.make(to: [nobody, other], clock: time) { $0.failures = 1 }
        #expect(try await proxy.get().status == 502)
        let exchange = try await proxy.begin("GET / HTTP/1.1\r\nHost: a")
        guard case .head(503, let fields)? = try await exchange.events().first else { throw TestFailure("not 503") }
        #expect(fields["Retry-After"] == "10")
        try await withUpstream(at: folder["other.sock"], answerEverything) { _ in
            var statuses = [try await proxy.get().status]
            time.advance(.seconds(10))
            for _ in 0..<2 { statuses.append(try await proxy.get().status) }
            #expect(statuses == [503, 200, 200])
        }
    }

    @Test func givesUpstreamsWithLittleToDoMore() async throws {
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        try await withUpstream { peer in
            _ = try await peer.receive()
            try await peer.send("HTTP/1.1 200 OK\r\n\r\n")
            await ends.first { _ in true }
        } _: { busy in
            try await withUpstream(answerEverything) { free in
                let proxy = try await TestProxy.make(to: [busy, free]) { $0.balance = .leastConnections }
                let exchange = try await proxy.begin("GET / HTTP/1.1\r\nHost: a")
                await exchange.wait { if case .head = $0 { true } else { false } }
                for count in 0..<3 { #expect(try await proxy.get().body == "0.\(count)") }
                end.yield()
                #expect(try await exchange.events().last == .finished)
            }
        }
    }

    @Test func asksUpstreamsWhetherTheyAreWell() async throws {
        let isWell = Mutex(false)
        let (asked, ask) = AsyncStream.makeStream(of: String.self)
        try await withUpstream { peer in
            while let head = try await peer.receive() {
                ask.yield(head)
                let status = isWell.withLock { $0 } ? "204 No Content" : "500 Broken"
                try await peer.send("HTTP/1.1 \(status)\r\nContent-Length: 0\r\n\r\n")
            }
        } _: { upstream in
            let proxy = try await TestProxy.make(to: [upstream]) {
                $0.health.path = "/health"
                $0.health.every = TimeSpan(milliseconds: 10)
            }
            var heads = asked.makeAsyncIterator()
            #expect(await heads.next()?.hasPrefix("GET /health HTTP/1.1\r\nHost: 127.0.0.1:") == true)
            // The second question comes when the answer to the first was read.
            _ = await heads.next()
            #expect(try await proxy.get().status == 503)
            isWell.withLock { $0 = true }
            while try await proxy.get().status != 204 { _ = await heads.next() }
            try await proxy.retire()
        }
    }
}

/// A clock that stands still until it is told.
final class TestClock: Sendable {
    private let time = Mutex(NIODeadline.uptimeNanoseconds(1_000_000_000))

    var now: NIODeadline { time.withLock { $0 } }

    func advance(_ amount: TimeAmount) { time.withLock { $0 = $0 + amount } }
}
