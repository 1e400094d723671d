import NIOCore
import NIOPosix
import TapTesting
import Taproom
import Testing

@testable import TapSocks

/// Tunnels: how they begin where addresses fail, and how they end with their service.
@Suite(.timeLimit(.minutes(5)))
struct TunnelTests {
    /// Destinations that lead to a tunnel from socket to socket, and to one over event loops.
    private static let hosts = ["127.0.0.1", "localhost"]

    @Test(arguments: hosts) func tunnelsHaveSomeTimeToEndWhenTheServiceStops(host: String) async throws {
        let target = try TestListener()
        let state = TestState()
        let (client, server) = try await serving(state: state) { service in
            let client = try service.connect()
            #expect(try await client.ask(1, host, target.address.port()).reply == 0)
            let server = try await target.accept()
            // The service waits for the tunnel, which goes on meanwhile.
            Task {
                try await server.send("last words")
                try await server.finishSending()
                try await client.finishSending()
            }
            return (client, server)
        }
        #expect(try await client.receiveAll() == Array("last words".utf8))
        #expect(try await server.receiveAll() == [])
        #expect(try await state.value(Socks.counters).bytes == .init(sent: 0, received: 10))
    }

    @Test(arguments: hosts) func tunnelsThatGoOnAreClosedWhenTheServiceStops(host: String) async throws {
        let target = try TestListener()
        let (client, server) = try await serving { service in
            let client = try service.connect()
            #expect(try await client.ask(1, host, target.address.port()).reply == 0)
            return (client, try await target.accept())
        }
        #expect(try await client.receiveAll() == [])
        #expect(try await server.receiveAll() == [])
    }

    @Test(arguments: [[], [5], [5, 1, 0], [5, 1, 2]] as [[UInt8]])
    func whoHasNotAskedYetIsClosedWhenTheServiceStops(said: [UInt8]) async throws {
        let client = try await serving { service in
            let client = try service.connect()
            try await client.send(said)
            if said.count == 3 { _ = try await client.receive(count: 2) }
            return client
        }
        #expect(try await client.receiveAll() == [])
    }

    @Test func manyBytesComeThroughManyTunnelsAtOnce() async throws {
        let target = try await EchoServer()
        let state = TestState()
        // More than there are pipes for them.
        let (tunnels, count) = (100, 2 << 20)
        try await serving(state: state) { service in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<tunnels {
                    group.addTask {
                        let client = try service.connect()
                        guard try await client.ask(1, "127.0.0.1", target.port).reply == 0 else { return false }
                        let bytes = [UInt8](repeating: UInt8(number), count: count)
                        async let sent: Void = client.send(bytes)
                        let received = try await client.receive(count: count)
                        try await sent
                        return received == bytes
                    }
                }
                for try await isRight in group { #expect(isRight) }
            }
        }
        let bytes = Int64(tunnels * count)
        #expect(try await state.value(Socks.counters).bytes == .init(sent: bytes, received: bytes))
    }

    // MARK: Addresses

    /// Connects to the first of some addresses that answers, and tells its port.
    private func dialed(_ addresses: [SocketAddress]) async throws -> Int? {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let result = try await withCheckedThrowingContinuation { continuation in
            loop.execute {
                let dialer = Dialer(addresses, from: nil, on: loop) { result in
                    continuation.resume(
                        with: result.map { channel in
                            defer { channel.close(promise: nil) }
                            return channel.remoteAddress?.port
                        })
                }
                dialer.start()
            }
        }
        return result
    }

    private func address(_ port: UInt16) throws -> SocketAddress {
        try SocketAddress(bytes: [127, 0, 0, 1], port: port)
    }

    @Test func theNextAddressIsTriedWhereOneRefuses() async throws {
        let gone = try await EchoServer()
        try await gone.end()
        let target = try await EchoServer()
        #expect(try await dialed([address(gone.port), address(target.port)]) == Int(target.port))
        await #expect(throws: (any Error).self) { try await dialed([address(gone.port), address(gone.port)]) }
    }

    @Test func theNextAddressIsTriedWhereOneIsSilent() async throws {
        let silent = try SilentPort()
        let target = try await EchoServer()
        #expect(try await dialed([address(silent.port), address(target.port)]) == Int(target.port))
    }
}

extension TestAddress {
    /// The TCP port.
    func port() throws -> UInt16 {
        guard case .tcp(_, let port) = self else { throw TestFailure("\(self) has no TCP port") }
        return port
    }
}
