import NIOCore
import TapTesting
import Taproom
import Testing

@testable import TapWeb

/// Web sockets of a program, talked to byte by byte.
@Suite(.timeLimit(.minutes(2)))
struct WebSocketTests {
    @Test func echoesMessagesOfEverySize() async throws {
        try await servingOwn { service in
            let socket = try await TestWebSocket(try service.connect(), "/echo")
            for size in [0, 1, 125, 126, 65_535, 65_536, 100_000] {
                try await socket.send(2, Array(repeating: 7, count: size))
                let frame = try await socket.receive()
                #expect(frame.code == 2)
                #expect(frame.payload == Array(repeating: 7, count: size))
            }
            try await socket.send("grüße")
            #expect(try await socket.receive().text == "grüße")
            try await socket.send(8, [0x03, 0xE8])
            #expect(try await socket.receive().closeCode == 1000)
            #expect(try await socket.connection.receiveAll().isEmpty)
        }
    }

    @Test func takesFragmentsWithPingsBetweenThem() async throws {
        try await servingOwn { service in
            let socket = try await TestWebSocket(try service.connect(), "/echo")
            // The two bytes of the letter come apart.
            try await socket.send(1, [0x67, 0xC3], first: 0)
            try await socket.send(9, [1, 2, 3])
            #expect(try await socket.receive() == TestWebSocket.Frame(code: 10, payload: [1, 2, 3]))
            try await socket.send(0, [], first: 0)
            try await socket.send(10, [])
            try await socket.send(0, [0xBC])
            #expect(try await socket.receive().text == "gü")
        }
    }

    @Test func takesWhatComesRightBehindTheRequestAndTheEnd() async throws {
        try await servingOwn { service in
            let first = TestWebSocket.frame(1, Array("one".utf8)) + TestWebSocket.frame(1, Array("two".utf8))
            let socket = try await TestWebSocket(try service.connect(), "/echo", first: first)
            #expect(try await socket.receive().text == "one")
            #expect(try await socket.receive().text == "two")
            try await socket.connection.finishSending()
            #expect(try await socket.connection.receiveAll().isEmpty)
        }
    }

    @Test(
        arguments: [
            (TestWebSocket.frame(1, [0x61], isMasked: false), 1002), (TestWebSocket.frame(3, []), 1002),
            (TestWebSocket.frame(11, []), 1002), (TestWebSocket.frame(1, [], first: 0xC0), 1002),
            (TestWebSocket.frame(0, [1]), 1002), (TestWebSocket.frame(9, [], first: 0), 1002),
            (TestWebSocket.frame(9, Array(repeating: 0, count: 126)), 1002), (TestWebSocket.frame(8, [3]), 1002),
            (TestWebSocket.frame(8, [0x03, 0xED]), 1002), (TestWebSocket.frame(8, [0, 0]), 1002),
            (TestWebSocket.frame(8, [0x03, 0xE8, 0xFF]), 1007), (TestWebSocket.frame(1, [0xFF]), 1007),
            (TestWebSocket.frame(1, [0xED, 0xA0, 0x80]), 1007),
            (TestWebSocket.frame(1, [1], first: 0) + TestWebSocket.frame(1, [2]), 1002),
            (TestWebSocket.frame(2, Array(repeating: 0, count: 100_001)), 1009),
            (
                TestWebSocket.frame(2, Array(repeating: 0, count: 60_000), first: 0)
                    + TestWebSocket.frame(0, Array(repeating: 0, count: 60_000)), 1009
            ),
            // Lengths in more bytes than they need, and one that is negative for some.
            ([0x82, 0xFE, 0, 5, 0, 0, 0, 0], 1002), ([0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0], 1002),
            ([0x82, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], 1002),
            ([0x82, 0xFF, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], 1009),
            (TestWebSocket.frame(8, [0x0F, 0xA0, 0x61]), 4000),
        ] as [([UInt8], Int)])
    func endsWithTheRightCode(bytes: [UInt8], code: Int) async throws {
        try await servingOwn { service in
            let socket = try await TestWebSocket(try service.connect(), "/echo")
            try await socket.connection.send(bytes)
            #expect(try await socket.receive().closeCode == code)
            #expect(try await socket.connection.receiveAll().isEmpty)
        }
    }

    @Test func endsWhenTheProgramEnds() async throws {
        try await servingOwn { service in
            let greeted = try await TestWebSocket(try service.connect(), "/greet/Ada")
            #expect(try await greeted.receive().text == "hello Ada")
            let end = try await greeted.receive()
            #expect(end.closeCode == 4321)
            #expect(end.text.hasSuffix("enough"))
            try await greeted.send(8, Array(end.payload.prefix(2)))
            #expect(try await greeted.connection.receiveAll().isEmpty)
            let failed = try await TestWebSocket(try service.connect(), "/fails")
            #expect(try await failed.receive().closeCode == 1011)
        }
    }

    @Test func endsAtTheShutdownWithAWord() async throws {
        let socket = try await servingOwn { service in
            let socket = try await TestWebSocket(try service.connect(), "/echo")
            try await socket.send("here")
            #expect(try await socket.receive().text == "here")
            // Both ends are closed in the right order while the service shuts down.
            Task {
                if try await socket.receive().closeCode == 1001 { try await socket.send(8, [0x03, 0xE9]) }
            }
            return socket
        }
        #expect(try await socket.connection.receiveAll().isEmpty)
    }

    @Test func cancelsConversationsWhoseClientIsGone() async throws {
        try await servingOwn { service in
            let deaf = try await TestWebSocket(try service.connect(), "/deaf/one")
            _ = try await deaf.receive()
            let flooded = try await TestWebSocket(try service.connect(), "/flood/two")
            _ = try await flooded.receive()
            try await deaf.connection.abort()
            try await flooded.connection.abort()
            let other = try service.connect()
            for key in ["one", "two"] {
                let response = try await other.request("/happened/\(key)")
                #expect(response.text == "yes")
            }
        }
    }

    @Test(arguments: [
        ("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13", 400),
        ("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c2hvcnQ=", 400),
        (
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            426
        ),
        ("Connection: Upgrade\r\nUpgrade: h2c", 426), ("Upgrade: websocket", 426), ("X: y", 426),
        ("Origin: https://evil.example\r\nConnection: Upgrade\r\nUpgrade: websocket", 403),
    ])
    func refusesWhatIsNoHandshake(fields: String, status: Int) async throws {
        try await servingOwn { service in
            let connection = try service.connect()
            let response = try await connection.request("/echo", fields)
            #expect(response.status == status)
            if status == 426 { #expect(response["Sec-WebSocket-Version"] == "13") }
        }
    }

    /// Whatever the cuts, the same comes out, and nothing crashes.
    @Test func readsTheSameFromEveryPiece() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<300 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let payload = (0..<Int.random(in: 0...200, using: &generator)).map { _ in
                    UInt8.random(in: 0...127, using: &generator)
                }
                let code = [0, 1, 2, 9, 10, 8, 1, 2, 0].randomElement(using: &generator) ?? 1
                let first: UInt8 = Bool.random(using: &generator) ? 0x80 : 0
                bytes += TestWebSocket.frame(UInt8(code), payload, first: first)
            }
            if Bool.random(using: &generator), let index = bytes.indices.randomElement(using: &generator) {
                bytes[index] ^= 1 << UInt8.random(in: 0...7, using: &generator)
            }
            let whole = Self.events(of: [bytes[...]])
            var pieces: [ArraySlice<UInt8>] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Int.random(in: 1...min(50, rest.count), using: &generator)
                pieces.append(rest.prefix(count))
                rest = rest.dropFirst(count)
            }
            #expect(Self.events(of: pieces) == whole)
        }
    }

    private static func events(of pieces: [ArraySlice<UInt8>]) -> [WebSocketReader.Event] {
        var reader = WebSocketReader(limit: 300)
        var events: [WebSocketReader.Event] = []
        for piece in pieces {
            reader.add(ByteBuffer(bytes: piece))
            while let event = reader.next() { events.append(event) }
        }
        return events
    }
}
