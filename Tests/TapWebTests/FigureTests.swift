import CoreMetrics
@testable import TapMetrics
import TapTesting
import Taproom
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

    /// The value of a series with all of some labels, in a family's samples of a suffix.
    private func value(_ name: String, _ suffix: String = "", with labels: [String]) async -> Double? {
        await registry.families().first { $0.name == name }?.samples
            .first { sample in sample.suffix == suffix && labels.allSatisfy(sample.labels.map(\.value).contains) }?
            .value
    }

    @Test func requestsAreCountedByHostAndMeasured() async throws {
        let folder = try sampleFolder()
        var host = WebHost()
        (host.name, host.static) = (["a.example", "b.example"], folder.local)
        try await withMetricsFactory(registry) {
            try await serving(folder, change: { $0.hosts = [host] }) { service in
                let connection = try service.connect()
                for name in ["a.example", "b.example", "c.example"] {
                    try await connection.send("GET /hello.txt HTTP/1.1\r\nHost: \(name)\r\n\r\n")
                    _ = try await connection.response()
                }
                let name = "taproom_http_requests_total"
                await #expect(value(name, with: ["web", "a.example", "2xx"]) == 2)
                await #expect(value(name, with: ["web", "other", "2xx"]) == 1)
                await #expect(value(name, with: ["b.example"]) == nil)
                await #expect(value("taproom_http_request_duration_seconds", "_count", with: ["web"]) == 3)
            }
        }
        await #expect(value("taproom_http_request_duration_seconds", "_count", with: ["web"]) == nil)
    }

    @Test func upstreamsAreWatched() async throws {
        let nobody = "http://127.0.0.1:1"
        try await withMetricsFactory(registry) {
            try await withUpstream(answerEverything) { upstream in
                var (route, proxy) = (WebRoute(), ProxySettings())
                proxy.to = .init([try #require(Upstream(nobody)), try #require(Upstream(upstream))])
                proxy.failures = 1
                (route.path, route.proxy) = ("/api", proxy)
                try await serving(try sampleFolder(), change: { $0.routes = [route] }) { service in
                    let connection = try service.connect()
                    for _ in 0..<3 { #expect(try await connection.request("/api/x").status == 200) }
                    let labels = ["web", "/api", upstream]
                    await #expect(value("taproom_upstream_requests_total", with: labels) == 3)
                    await #expect(value("taproom_upstream_failures_total", with: labels) == 0)
                    await #expect(value("taproom_upstream_up", with: labels) == 1)
                    await #expect(value("taproom_upstream_connections_open", with: labels) == 1)
                    await #expect(value("taproom_upstream_requests_total", with: [nobody]) == 1)
                    await #expect(value("taproom_upstream_failures_total", with: [nobody]) == 1)
                    await #expect(value("taproom_upstream_up", with: [nobody]) == 0)
                }
            }
        }
        while await value("taproom_upstream_up", with: ["/api"]) != nil, !Task.isCancelled { await Task.yield() }
    }

    @Test func clientsBeyondTheLimitAreServedWhenOthersLeave() async throws {
        let folder = try sampleFolder()
        try await withMetricsFactory(registry) {
            try await serving(folder, change: { $0.limits.connections = 1 }) { service in
                let first = try service.connect()
                _ = try await first.request("/hello.txt")
                let second = try service.connect()
                try await second.send("GET /hello.txt HTTP/1.1\r\nHost: x\r\n\r\n")
                while await value("taproom_accept_pauses_total", "limit") != 1, !Task.isCancelled { await Task.yield() }
                try await first.finishSending()
                #expect(try await second.response().status == 200)
                await #expect(value("taproom_connections_accepted_total", "web") == 2)
            }
        }
    }
}
