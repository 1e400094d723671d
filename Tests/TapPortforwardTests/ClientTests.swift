import TapNetwork
import TapTesting
import Taproom
import Testing

@testable import TapPortforward

/// Who is let in, and how targets are told who it is.
@Suite(.timeLimit(.minutes(10)))
struct ClientTests {
    @Test func tellsTargetsWhoTheClientIs() async throws {
        let target = try TestListener()
        try await forwarding(to: [target.address]) { settings in
            settings.sendProxyProtocol = .v1
        } _: { forward in
            let client = try forward.connect()
            let server = try await target.accept()
            let line = try await server.receive(through: "\r\n")
            #expect(line.hasPrefix("PROXY TCP4 127.0.0.1 127.0.0.1 "))
            #expect(line.hasSuffix(" \(try forward.port())\r\n"))
            try await client.send("x")
            #expect(try await server.receive(count: 1) == Array("x".utf8))
        }
    }

    @Test func passesOnWhatATrustedProxyTells() async throws {
        let target = try TestListener()
        try await forwarding(to: [target.address]) { settings in
            settings.sendProxyProtocol = .v2
            settings.proxyProtocol.from = OneOrMore([Network("127.0.0.0/8")].compactMap { $0 })
        } _: { forward in
            let client = try forward.connect()
            try await client.send("PROXY TCP4 192.0.2.1 198.51.100.2 4660 443\r\nhello")
            let server = try await target.accept()
            let header = try await server.receive(count: 28)
            #expect(Array(header[12..<20]) == [0x21, 0x11, 0, 12, 192, 0, 2, 1])
            #expect(Array(header[24..<28]) == [0x12, 0x34, 1, 187])
            #expect(try await server.receive(count: 5) == Array("hello".utf8))
            try await server.send("back")
            #expect(try await client.receive(count: 4) == Array("back".utf8))
            let stranger = try forward.connect()
            try await stranger.send("GET / HTTP/1.1\r\n\r\n")
            #expect(try await stranger.receiveAll() == [])
        }
    }

    @Test func letsInWhoIsAllowed() async throws {
        let target = try TestListener()
        let log = RecordedLog()
        try await forwarding(to: [target.address], logger: log.logger) { settings in
            settings.deny = OneOrMore([Network("127.0.0.1")].compactMap { $0 })
        } _: { forward in
            #expect(try await forward.connect().receiveAll() == [])
            try await forward.change(
                to: forwardSettings(to: [target.address]) {
                    $0.allow = OneOrMore([Network("127.0.0.0/8")].compactMap { $0 })
                })
            let client = try forward.connect()
            let server = try await target.accept()
            try await server.send("x")
            #expect(try await client.receive(count: 1) == Array("x".utf8))
        }
        #expect(log.lines.filter { $0.contains("a client is not allowed") }.count == 1)
    }

    @Test func limitsTheConnectionsOfAClient() async throws {
        let target = try TestListener()
        try await forwarding(to: [target.address]) { settings in
            settings.limits.connectionsPerClient = 1
        } _: { forward in
            let client = try forward.connect()
            let server = try await target.accept()
            #expect(try await forward.connect().receiveAll() == [])
            try await server.send("still here")
            #expect(try await client.receive(count: 10) == Array("still here".utf8))
        }
    }

    @Test func haveMoreThanTheLimitWaitUntilItIsRaised() async throws {
        let target = try TestListener()
        try await forwarding(to: [target.address]) { settings in
            settings.limits.connections = 1
        } _: { forward in
            let client = try forward.connect()
            let server = try await target.accept()
            let second = try forward.connect()
            try await second.send("second")
            try await forward.change(to: forwardSettings(to: [target.address]) { $0.limits.connections = 2 })
            let other = try await target.accept()
            #expect(try await other.receive(count: 6) == Array("second".utf8))
            withExtendedLifetime((client, server)) {}
        }
    }
}
