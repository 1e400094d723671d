import Glibc
import TapTesting
import Testing

/// The sample of a web application of one's own.
@Suite(.timeLimit(.minutes(5)))
struct GuestbookTests {
    private let bench: Bench

    init() async throws {
        bench = try Bench(program: "guestbook")
        try await bench.done("mktap", "guestbook", "--listen", "tcp:0:interface=127.0.0.1")
    }

    @Test func keepsEveryEntryThatWasAcknowledgedOverAKill() async throws {
        var served = try await bench.serve("-f", "guestbook.tap")
        #expect(try await served.curl("/").contains("Nobody was here yet."))
        for number in 1...3 {
            #expect(try await served.curl("/entries", "-d", "name=Ada&text=<\(number)>") == "\n303")
        }
        served.program.signal(SIGKILL)
        _ = try await served.program.end()
        served = try await bench.serve("-f", "guestbook.tap")
        #expect(try await served.curl("/entries.txt") == "1. Ada: <1>\n2. Ada: <2>\n3. Ada: <3>\n\n200")
        #expect(try await served.curl("/").contains("<p><b>Ada</b>: &lt;3&gt;</p>"))
        #expect(try await served.curl("/entries/4").hasSuffix("\n404"))
        #expect(try await served.stop().status == 0)
        #expect(try await bench.done("tapctl", "verify", "guestbook.tap") == "guestbook.tap: no problems found\n")
    }

    @Test func tellsOfNewEntriesOnWebSockets() async throws {
        let served = try await bench.serve("-f", "guestbook.tap")
        let sockets = [
            try await TestWebSocket(try served.connect(), "/live"),
            try await TestWebSocket(try served.connect(), "/live"),
        ]
        // What was asked behind the sockets' opening may come before they listen: entries are written until both hear one.
        let writing = Task {
            while !Task.isCancelled { _ = try await served.curl("/entries", "-d", "name=Bob&text=grüße") }
        }
        for socket in sockets {
            let frame = try await socket.receive()
            #expect(frame.code == 1)
            #expect(frame.text.hasSuffix(#","name":"Bob","text":"grüße"}"#))
        }
        writing.cancel()
        _ = await writing.result
        // One leaves, and the other is told of the end.
        try await sockets[0].connection.abort()
        served.program.signal(SIGTERM)
        var end = try await sockets[1].receive()
        while end.code == 1 { end = try await sockets[1].receive() }
        #expect([1000, 1001].contains(end.closeCode))
        try await sockets[1].send(8, [0x03, 0xE9])
        #expect(try await served.program.end().status == 0)
    }
}
