import CoreMetrics
@testable import TapMetrics
import TapTesting
import Taproom
import Testing

@testable import TapSocks

/// What a proxy shows to those who watch it.
@Suite(.timeLimit(.minutes(3)))
struct FigureTests {
    private let registry = MetricsRegistry()

    private func value(_ name: String, _ labels: String...) async -> Double? {
        await registry.families().first { $0.name == name }?.samples
            .first { sample in labels.allSatisfy(sample.labels.map(\.value).contains) }?.value
    }

    @Test func requestsBytesAndPasswordsAreCounted() async throws {
        let target = try await EchoServer()
        try await withMetricsFactory(registry) {
            try await serving(change: { try $0.addAda() }) { service in
                let connection = try service.connect()
                let login = bytes(5, 1, 2, 1, 3, "ada", 6, "secret")
                try await connection.send(login + TestConnection.request(1, "127.0.0.1", target.port))
                #expect(try await connection.receive(count: 4) == [5, 2, 1, 0])
                #expect(try await connection.receiveReply().reply == 0)
                #expect(try await connection.echoed("1234567") == "1234567")
                let wrong = try service.connect()
                try await wrong.send(bytes(5, 1, 2, 1, 3, "ada", 1, "x"))
                #expect(try await wrong.receiveAll() == [5, 2, 1, 1])
                let strange = try service.connect()
                try await strange.send("GET / HTTP/1.1\r\n")
                #expect(try await strange.receiveAll() == [])
                await #expect(value("taproom_socks_requests_total", "connect", "granted") == 1)
                await #expect(value("taproom_socks_requests_total", "udp", "refused") == 0)
                await #expect(value("taproom_socks_logins_total", "accepted") == 1)
                await #expect(value("taproom_socks_logins_total", "refused") == 1)
                await #expect(value("taproom_socks_malformed_total", "socks") == 1)
                await #expect(value("taproom_socks_bytes_total", "sent") == 7)
                await #expect(value("taproom_socks_bytes_total", "received") == 7)
            }
        }
        await #expect(value("taproom_socks_requests_total", "connect", "granted") == nil)
    }
}
