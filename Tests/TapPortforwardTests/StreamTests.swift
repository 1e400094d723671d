import TapNetwork
import TapTesting
import Taproom
import Testing

@testable import TapPortforward

/// How a connection is passed on.
enum Way: CaseIterable {
    /// From socket to socket.
    case direct
    /// Over event loops, as connections are that begin with the word of a proxy.
    case looked

    /// Has connections go this way.
    func change(_ settings: inout PortforwardSettings) {
        guard self == .looked else { return }
        settings.proxyProtocol.from = OneOrMore([Network("127.0.0.0/8")].compactMap { $0 })
        settings.proxyProtocol.unix = true
    }

    /// Opens a connection that goes this way.
    func connect(_ forward: RunningForward) async throws -> TestConnection {
        let client = try forward.connect()
        if self == .looked { try await client.send("PROXY UNKNOWN\r\n") }
        return client
    }
}

/// Connections over real sockets, with both ends in the hands of the test.
@Suite(.timeLimit(.minutes(10)))
struct StreamTests {
    @Test(arguments: Way.allCases) func passesOnWhatBothSay(way: Way) async throws {
        let target = try TestListener()
        try await forwarding(to: [target.address], way.change) { forward in
            let client = try await way.connect(forward)
            let server = try await target.accept()
            for text in ["one", "another"] {
                try await client.send(text + "\n")
                #expect(try await server.receive(through: "\n") == text + "\n")
                try await server.send("you said \(text)\n")
                #expect(try await client.receive(through: "\n") == "you said \(text)\n")
            }
        }
    }

    @Test(arguments: Way.allCases) func aTargetMayBeginAndHaveTheLastWord(way: Way) async throws {
        let target = try TestListener()
        try await forwarding(to: [target.address], way.change) { forward in
            let client = try await way.connect(forward)
            let server = try await target.accept()
            try await server.send("welcome\n")
            #expect(try await client.receive(through: "\n") == "welcome\n")
            // The client has said all it has to say, and still hears the answer.
            try await client.send("question")
            try await client.finishSending()
            #expect(try await server.receiveAll() == Array("question".utf8))
            try await server.send("answer")
            try await server.finishSending()
            #expect(try await client.receiveAll() == Array("answer".utf8))
        }
    }

    @Test(arguments: Way.allCases) func theTargetMayEndFirst(way: Way) async throws {
        let target = try TestListener()
        try await forwarding(to: [target.address], way.change) { forward in
            let client = try await way.connect(forward)
            let server = try await target.accept()
            try await server.send("bye")
            try await server.finishSending()
            #expect(try await client.receiveAll() == Array("bye".utf8))
            try await client.send("more")
            try await client.finishSending()
            #expect(try await server.receiveAll() == Array("more".utf8))
        }
    }

    @Test(arguments: Way.allCases) func whatWasSaidBeforeTheTargetWasThereIsNotLost(way: Way) async throws {
        let target = try TestListener()
        try await forwarding(to: [target.address], way.change) { forward in
            for number in 0..<20 {
                let client = try await way.connect(forward)
                try await client.send("early \(number)")
                try await client.finishSending()
                let server = try await target.accept()
                #expect(try await server.receiveAll() == Array("early \(number)".utf8))
            }
        }
    }

    @Test(arguments: [false, true], Way.allCases)
    func manyBytesComeThroughBothWaysAtOnce(overUnix: Bool, way: Way) async throws {
        let folder = try TemporaryFolder()
        let target = try TestListener(unix: overUnix ? folder["target.sock"] : nil)
        let door: Endpoint = overUnix ? Endpoint(.unix(path: folder["door.sock"], mode: nil)) : .tcp(port: 0)
        let state = TestState()
        let count = 64 << 20
        try await forwarding(to: [target.address], listen: [door], state: state, way.change) { forward in
            let client = try await way.connect(forward)
            let server = try await target.accept()
            async let up = Pattern.send(count, seed: 1, to: client)
            async let down = Pattern.send(count, seed: 2, to: server)
            async let above = Pattern.check(count, seed: 1, from: server)
            async let below = Pattern.check(count, seed: 2, from: client)
            #expect(try await above)
            #expect(try await below)
            _ = try await (up, down)
            try await client.finishSending()
            try await server.finishSending()
            #expect(try await client.receiveAll() == [])
            #expect(try await server.receiveAll() == [])
        }
        let total = try await state.value(Portforward.counters).total
        #expect(total == .init(connections: 1, sent: Int64(count), received: Int64(count)))
    }

    @Test(arguments: Way.allCases) func whoeverTakesNothingMakesTheOtherWait(way: Way) async throws {
        let target = try TestListener()
        try await forwarding(to: [target.address], way.change) { forward in
            let client = try await way.connect(forward)
            let server = try await target.accept()
            async let sent: Void = Pattern.send(64 << 20, seed: 3, to: server)
            // Nothing is read, so that sending comes to a halt, and goes on when the first byte is taken.
            #expect(try await client.hasMore(within: .seconds(60)))
            #expect(try await Pattern.check(64 << 20, seed: 3, from: client))
            try await sent
        }
    }

    @Test(arguments: Way.allCases) func oneThatIsCutOffCutsTheOtherOff(way: Way) async throws {
        let target = try TestListener()
        try await forwarding(to: [target.address], way.change) { forward in
            let client = try await way.connect(forward)
            let server = try await target.accept()
            try await server.send("half of ")
            #expect(try await client.receive(count: 8) == Array("half of ".utf8))
            try await server.abort()
            await #expect(throws: TestFailure.self) { try await client.receive(count: 1) }
        }
    }

    @Test(arguments: Way.allCases) func whoStillSendsHearsTheLastWordOfATargetThatIsGone(way: Way) async throws {
        let target = try TestListener()
        try await forwarding(to: [target.address], way.change) { forward in
            let client = try await way.connect(forward)
            do {
                let server = try await target.accept()
                try await client.send("x")
                _ = try await server.receive(count: 1)
                try await server.send("no more")
                try await server.finishSending()
                #expect(try await client.receive(count: 7) == Array("no more".utf8))
            }
            // The target's socket is closed; what comes for it now is of no use to anybody, as the client may already learn.
            try? await Pattern.send(4 << 20, seed: 4, to: client)
            #expect(try await client.receiveAll() == [])
        }
    }

    @Test(arguments: Way.allCases) func whatComesBehindUrgentDataIsPassedOn(way: Way) async throws {
        let target = try TestListener()
        try await forwarding(to: [target.address], way.change) { forward in
            let port = try forward.port()
            let header = way == .looked ? "PROXY UNKNOWN\\r\\n" : ""
            // What is urgent is not of the stream; a read ends in front of it.
            let client = try Program(
                "python3",
                [
                    "-c",
                    """
                    import socket
                    for number in range(20):
                        client = socket.create_connection(("127.0.0.1", \(port)))
                        client.sendall(b"\(header)")
                        client.sendall(b"before ")
                        client.send(b"!", socket.MSG_OOB)
                        client.sendall(b"behind")
                        assert client.recv(2) == b"ok"
                    """,
                ], in: "/")
            for _ in 0..<20 {
                let server = try await target.accept()
                #expect(try await server.receive(count: 13) == Array("before behind".utf8))
                try await server.send("ok")
            }
            #expect(try await client.end().status == 0)
        }
    }

    @Test(arguments: Way.allCases) func closesWhatIsSilentForTooLong(way: Way) async throws {
        let target = try TestListener()
        try await forwarding(to: [target.address]) { settings in
            way.change(&settings)
            settings.idle = TimeSpan(milliseconds: 200)
        } _: { forward in
            let client = try await way.connect(forward)
            let server = try await target.accept()
            #expect(try await client.receiveAll() == [])
            #expect(try await server.receiveAll() == [])
        }
    }

    @Test(arguments: Way.allCases) func connectionsEndWithTheirServiceWhenTheyAreDone(way: Way) async throws {
        let target = try TestListener()
        let (client, server) = try await forwarding(to: [target.address], way.change) { forward in
            let client = try await way.connect(forward)
            let server = try await target.accept()
            try await client.send("x")
            #expect(try await server.receive(count: 1) == Array("x".utf8))
            // The service waits for connections that are open; these end while it does.
            Task {
                try await client.finishSending()
                try await server.finishSending()
            }
            return (client, server)
        }
        #expect(try await client.receiveAll() == [])
        #expect(try await server.receiveAll() == [])
    }
}
