import Glibc
import TapTesting
import Testing

/// The small complete programs in samples/, talked to while they run, stop and are killed.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct SampleTests {
    private func bench(_ program: String, _ kind: String) async throws -> Bench {
        let bench = try Bench(program: program)
        try await bench.done("mktap", kind, "--listen", "tcp:0:interface=127.0.0.1")
        return bench
    }

    private func connect(_ port: Int) throws -> TestConnection {
        try TestConnection(to: .tcp(host: "127.0.0.1", port: UInt16(port)))
    }

    /// What comes back for some text when the client then ends its side.
    private func answer(_ port: Int, to text: String) async throws -> String {
        let client = try connect(port)
        try await client.send(text)
        try await client.finishSending()
        return String(decoding: try await client.receiveAll(), as: UTF8.self)
    }

    @Test func echoSendsBackMoreThanFitsOnTheWay() async throws {
        let bench = try await bench("echoes", "echo")
        let served = try await bench.serve("-f", "echo.tap")
        let client = try connect(served.port)
        let piece = [UInt8](repeating: 7, count: 1 << 20)
        async let sent: Void = { for _ in 0..<8 { try await client.send(piece) } }()
        // One queue of the client does both: what was sent is all on its way before anything is received.
        try await sent
        #expect(try await client.receive(count: 8 << 20).allSatisfy { $0 == 7 })
        _ = try await served.stop()
    }

    @Test func aRoomEndsForGuestsWhoStayAndKeepsWhatTheySaid() async throws {
        let bench = try await bench("chat", "chat")
        var served = try await bench.serve("-f", "chat.tap")
        let (ada, bob) = (try connect(served.port), try connect(served.port))
        for (guest, name) in [(ada, "Ada"), (bob, "Bob")] {
            try await guest.send("\(name)\n")
            _ = try await guest.receive(through: "Welcome, \(name).\n")
        }
        try await ada.send("Hello\r\n")
        #expect(try await bob.receive(through: "\n") == "Ada: Hello\n")
        // Seen by somebody, so it is on disk.
        kill(served.program.process, SIGKILL)
        _ = try await served.program.end()
        served = try await bench.serve("-f", "chat.tap")
        let guest = try connect(served.port)
        try await guest.send("Eve\n")
        _ = try await guest.receive(through: "Welcome, Eve.\nAda: Hello\n")
        _ = try await served.stop()
        #expect(try await guest.receiveAll().isEmpty)
    }

    @Test func aGuestWhoseLineIsTooLongIsShownOutAlone() async throws {
        let bench = try await bench("chat", "chat")
        let served = try await bench.serve("-f", "chat.tap")
        let (loud, quiet) = (try connect(served.port), try connect(served.port))
        try await quiet.send("Ada\n")
        _ = try await quiet.receive(through: "Welcome, Ada.\n")
        try await loud.send("Bob\n" + String(repeating: "x", count: 5000))
        _ = try await loud.receiveAll()
        #expect(try await answer(served.port, to: "Eve\nHello\n").hasSuffix("Welcome, Eve.\n"))
        #expect(try await quiet.receive(through: "\n") == "Eve: Hello\n")
        _ = try await served.stop()
    }

    @Test func subscribersGetTheNewestAndWhatComesLater() async throws {
        let bench = try await bench("pubsub", "pubsub")
        var served = try await bench.serve("-f", "pubsub.tap")
        #expect(try await answer(served.port, to: "PUBLISH a old\nPUBLISH a new one\n") == "OK\nOK\n")
        _ = try await served.stop()
        served = try await bench.serve("-f", "pubsub.tap")
        let subscriber = try connect(served.port)
        try await subscriber.send("SUBSCRIBE a\n")
        #expect(try await subscriber.receive(through: "\n") == "a new one\n")
        #expect(try await answer(served.port, to: "PUBLISH b other\nPUBLISH a newest\nPUBLISH\n").contains("ERROR"))
        #expect(try await subscriber.receive(through: "\n") == "a newest\n")
        _ = try await served.stop()
    }

    @Test func noKeyIsGivenTwiceOverKills() async throws {
        let bench = try await bench("onetimekey", "onetimekey")
        let all = (0..<40).map { "key-\($0)" }
        var given: [String] = []
        for round in 0..<4 {
            let served = try await bench.serve("-f", "onetimekey.tap")
            if round == 0 { _ = try await answer(served.port, to: all.map { "ADD \($0)\n" }.joined()) }
            for _ in 0..<5 { given.append(try await answer(served.port, to: "KEY\n")) }
            let last = try connect(served.port)
            try await last.send("KEY\nKEY\n")
            given.append(try await last.receive(through: "\n"))
            kill(served.program.process, SIGKILL)
            _ = try await served.program.end()
        }
        #expect(Set(given).count == given.count)
        #expect(given.allSatisfy { all.contains(String($0.dropFirst(4).dropLast())) })
    }
}
