import CoreMetrics
import TapMetrics
import TapTesting
import Testing

@testable import TapWeb

/// What a site shows to those who watch it.
@Suite(.timeLimit(.minutes(10))) struct FigureTests {
    private let registry = MetricsRegistry()

    private func value(_ name: String, _ label: String) async -> Double? {
        await registry.families().first { $0.name == name }?.samples
            .first { sample in sample.labels.contains { $0.value == label } }?.value
    }

    @Test func requestsAreCountedByTheClassOfTheirStatus() async throws {
        let folder = try sampleFolder()
        try await withMetricsFactory(registry) {
            try await serving(folder) { service in
                let connection = try service.connect()
                for path in ["/hello.txt", "/nothing", "/digits.bin"] {
                    _ = try await connection.request(path)
                }
                await #expect(value("taproom_http_requests_total", "2xx") == 2)
                await #expect(value("taproom_http_requests_total", "4xx") == 1)
                await #expect(value("taproom_http_requests_total", "5xx") == 0)
                await #expect(value("taproom_http_response_body_bytes_total", "2xx") == 15)
            }
        }
        await #expect(value("taproom_http_requests_total", "2xx") == nil)
    }

    @Test func clientsBeyondTheLimitAreServedWhenOthersLeave() async throws {
        let folder = try sampleFolder()
        try await withMetricsFactory(registry) {
            try await serving(folder, change: { $0.limits.connections = 1 }) { service in
                let first = try service.connect()
                _ = try await first.request("/hello.txt")
                let second = try service.connect()
                try await second.send("GET /hello.txt HTTP/1.1\r\nHost: x\r\n\r\n")
                while await value("taproom_accept_pauses_total", "limit") != 1 { await Task.yield() }
                try await first.finishSending()
                #expect(try await second.response().status == 200)
                await #expect(value("taproom_connections_accepted_total", "web") == 2)
            }
        }
    }
}
