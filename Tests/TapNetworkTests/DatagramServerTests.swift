import ArgumentParser
import CoreMetrics
import NIOCore
import ServiceLifecycle
import TapMetrics
import TapNetwork
import TapTesting
import Taproom
import Testing

/// Says back what it is told, in capitals, and nothing to those who say nothing.
private struct Shouter: ServiceKind {
    struct Settings: ServiceSettings {
        var listen: OneOrMore<Endpoint> = [Endpoint(.udp(port: 4000, interface: nil)), .tcp(port: 4000)]
        var endpoints: [Endpoint] { listen.elements }
    }

    struct Options: ServiceOptions {
        func settings() throws -> Shouter.Settings { Shouter.Settings() }
    }

    static let word = "shouter"
    static let summary = "Says back what it is told, in capitals."
    static let acceptsDatagrams = true

    static func makeService(settings: Settings, context: ServiceContext) async throws -> any Service {
        DatagramServer(context) { bytes in
            bytes.readableBytes == 0 ? nil : ByteBuffer(string: String(buffer: bytes).uppercased())
        }
    }
}

@Suite(.timeLimit(.minutes(10))) struct DatagramServerTests {
    @Test func answersEachDatagramByItself() async throws {
        try await withService(Shouter.self) { service in
            let (one, other) = try (service.connect(), service.connect())
            try await one.send("one")
            try await other.send("other")
            #expect(try await one.receive(count: 3) == Array("ONE".utf8))
            #expect(try await other.receive(count: 5) == Array("OTHER".utf8))
        }
    }

    @Test func aDatagramOfTheGreatestSizeComesWhole() async throws {
        try await withService(Shouter.self) { service in
            let client = try service.connect()
            try await client.send([UInt8](repeating: UInt8(ascii: "a"), count: 65_507))
            #expect(try await client.receive(count: 65_507) == [UInt8](repeating: UInt8(ascii: "A"), count: 65_507))
        }
    }

    @Test func anEmptyDatagramIsOneToo() async throws {
        let registry = MetricsRegistry()
        try await withMetricsFactory(registry) {
            try await withService(Shouter.self) { service in
                let client = try service.connect()
                try await client.send("")
                try await client.send("x")
                #expect(try await client.receive(count: 1) == Array("X".utf8))
                let received = await registry.families().first { $0.name == "taproom_datagrams_received_total" }
                #expect(received?.samples.map(\.value) == [2])
            }
        }
    }

    @Test func endsWithClientsThatStillSend() async throws {
        let client = try await withService(Shouter.self) { service in
            let client = try service.connect()
            try await client.send("x")
            _ = try await client.receive(count: 1)
            try await client.send("y")
            return client
        }
        withExtendedLifetime(client) {}
    }
}
