import ArgumentParser
import CoreMetrics
import NIOCore
import ServiceLifecycle
import TapMetrics
import TapNetwork
import TapTesting
import Taproom
import Testing

/// Greets, and keeps its clients until they leave.
private struct Host: ServiceKind {
    struct Settings: ServiceSettings {
        var listen: OneOrMore<Endpoint> = [.tcp(port: 4000)]
        var guests: Int?
        var endpoints: [Endpoint] { listen.elements }
    }

    struct Options: ServiceOptions {
        func settings() throws -> Host.Settings { Host.Settings() }
    }

    static let word = "host"
    static let summary = "Greets its guests."

    static func makeService(settings: Settings, context: ServiceContext) async throws -> any Service {
        ChannelServer(context, connectionLimit: settings.guests) { channel, _ in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(Greeting())
            }
        }
    }

    private final class Greeting: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        func channelActive(context: ChannelHandlerContext) {
            context.writeAndFlush(NIOAny(ByteBuffer(string: "hello\n")), promise: nil)
        }
        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if event is ChannelShouldQuiesceEvent { context.close(promise: nil) }
        }
    }
}

@Suite(.timeLimit(.minutes(10))) struct ChannelServerTests {
    private let registry = MetricsRegistry()

    /// The sum of all samples of a family, and of those only that have a value for a label when one is given.
    private func sum(_ name: String, _ label: String? = nil) async -> Double? {
        await registry.families().first { $0.name == name }?.samples
            .filter { sample in label.map { label in sample.labels.contains { $0.value == label } } ?? true }
            .reduce(0) { $0 + $1.value }
    }

    private func wait(_ name: String, _ label: String? = nil, isAtLeast value: Double) async {
        while await (sum(name, label) ?? 0) < value { await Task.yield() }
    }

    private func withHost(guests: Int? = nil, _ body: @escaping @Sendable (RunningService) async throws -> Void)
        async throws
    {
        var settings = Host.Settings()
        settings.guests = guests
        try await withMetricsFactory(registry) { try await withService(Host.self, settings: settings, body) }
    }

    @Test func countsConnections() async throws {
        try await withHost { service in
            for _ in 0..<3 { _ = try await service.connect().receive(through: "\n") }
            await wait("taproom_connections_accepted_total", isAtLeast: 3)
            let stays = try service.connect()
            _ = try await stays.receive(through: "\n")
            await #expect(sum("taproom_connections_accepted_total", "host") == 4)
            while await sum("taproom_connections_open") != 1 { await Task.yield() }
            withExtendedLifetime(stays) {}
        }
        // Where nobody listens nothing is counted.
        await #expect(sum("taproom_connections_accepted_total") == nil)
    }

    @Test func clientsBeyondTheLimitWaitUntilOthersLeave() async throws {
        try await withHost(guests: 2) { service in
            var inside = [try service.connect(), try service.connect()]
            for client in inside { _ = try await client.receive(through: "\n") }
            var waiting = try (0..<5).map { _ in try service.connect() }
            await wait("taproom_accept_pauses_total", "limit", isAtLeast: 1)
            await #expect(sum("taproom_connections_accepted_total") == 2)
            while !waiting.isEmpty {
                inside.removeFirst()
                let next = waiting.removeFirst()
                #expect(try await next.receive(through: "\n") == "hello\n")
                inside.append(next)
            }
            await #expect(sum("taproom_connections_accepted_total") == 7)
            await #expect(sum("taproom_connections_open") == 2)
        }
    }
}
