import TapData
import TapTesting
import Taproom
import Testing

@testable import TapWeb

/// What a service remembers of its requests.
@Suite(.timeLimit(.minutes(5)))
struct CounterTests {
    /// The form in which counters were stored before there were more of them than classes of status.
    private struct Former: Codable {
        var requests = ["1xx": 0, "2xx": 3, "3xx": 1, "4xx": 0, "5xx": 2]
        var bytes = ["1xx": 0, "2xx": 300, "3xx": 0, "4xx": 0, "5xx": 20]
    }

    private func count(_ requests: Int64, _ bytes: Int64) -> Counters.Count {
        Counters.Count(requests: requests, bytes: bytes)
    }

    private func with(_ settings: inout WebSettings, _ folder: TemporaryFolder) {
        var (route, host, redirect) = (WebRoute(), WebHost(), WebHost())
        (route.path, route.static) = ("/sub", LocalPath(folder["sub"]))
        (host.name, host.static, host.routes) = (["a.example", "b.example"], folder.local, [route])
        (redirect.name, redirect.redirect) = (["*.old.example"], "https://a.example{path}")
        (settings.routes, settings.hosts) = ([route], [host, redirect])
    }

    @Test func countsByStatusHostAndPath() async throws {
        let (folder, state) = (try sampleFolder(), TestState())
        try await serving(folder, state: state, change: { with(&$0, folder) }) { service in
            let connection = try service.connect()
            for (host, target) in [
                ("a.example", "/hello.txt"), ("B.EXAMPLE:80", "/sub/"), ("a.example", "/sub/"), ("a.example", "/none"),
                ("x.old.example", "/y"), ("127.0.0.1", "/sub/"), ("elsewhere", "/hello.txt"), ("a.example", "/%zz"),
            ] {
                try await connection.send("GET \(target) HTTP/1.1\r\nHost: \(host)\r\n\r\n")
                _ = try await connection.response()
            }
            try await connection.send("nonsense\r\n\r\n")
            _ = try await connection.receiveAll()
        }
        let counters = try await state.value(Web.counters)
        #expect(counters.byStatus.mapValues(\.requests) == ["200": 5, "308": 1, "400": 2, "404": 1])
        #expect(counters.byStatus["200"] == count(5, 25))
        #expect(counters.byHost.mapValues(\.requests) == ["a.example": 5, "*.old.example": 1, "other": 3])
        #expect(
            counters.byPath.mapValues(\.requests) == [
                "a.example/": 2, "a.example/sub": 2, "a.example": 1, "*.old.example/": 1, "/sub": 1, "/": 1, "other": 1,
            ])
        #expect(counters.requests.successful == 5 && counters.requests.refused == 3)
    }

    @Test func whatClientsSendMakesNoMoreOfThem() async throws {
        let (folder, state) = (try sampleFolder(), TestState())
        try await serving(folder, state: state, change: { with(&$0, folder) }) { service in
            let connection = try service.connect()
            for number in 0..<300 {
                try await connection.send("GET /\(number)/x HTTP/1.1\r\nHost: h\(number).example\r\n\r\n")
                _ = try await connection.response()
            }
        }
        let counters = try await state.value(Web.counters)
        #expect(counters.byHost.mapValues(\.requests) == ["other": 300])
        #expect(counters.byPath.mapValues(\.requests) == ["/": 300])
        #expect(try CBOREncoder().encode(counters).count < 300)
    }

    @Test func readsWhatOlderProgramsHaveStored() throws {
        let counters = try CBORDecoder().decode(Counters.self, from: CBOREncoder().encode(Former()))
        #expect(counters.requests.successful == 3 && counters.bytes.failed == 20)
        #expect(counters.byStatus.isEmpty && counters.byPath.isEmpty)
    }

    @Test func goesOnWhereItWas() throws {
        var counters = Counters()
        let names = [
            PlaceName(host: nil, path: "/a"), PlaceName(host: "b", path: "/"), PlaceName(host: "b", path: nil),
        ]
        for name in names { counters.add(count(2, 10), for: 200, in: counters.slot(of: name)) }
        counters.add(count(1, 1), for: 999, in: 77)
        for _ in 0..<3 {
            counters = try CBORDecoder().decode(Counters.self, from: CBOREncoder().encode(counters))
            for name in names { counters.add(count(1, 0), for: 404, in: counters.slot(of: name)) }
        }
        #expect(counters.byPath == ["/a": count(5, 10), "b/": count(5, 10), "b": count(5, 10)])
        #expect(counters.byHost == ["other": count(5, 10), "b": count(10, 20)])
        #expect(counters.byStatus == ["200": count(6, 30), "404": count(9, 0), "other": count(1, 1)])
    }

    @Test func aRequestThatIsRewrittenCountsWhereItIsAnswered() async throws {
        let (folder, state) = (try sampleFolder(), TestState())
        try await serving(folder, state: state) { settings in
            var (from, to) = (WebRoute(), WebRoute())
            (from.path, from.rewrite) = ("/from", "/sub/")
            to.path = "/sub"
            settings.routes = [from, to]
        } _: { service in
            _ = try await service.connect().request("/from")
        }
        #expect(try await state.value(Web.counters).byPath == ["/sub": count(1, 5)])
    }
}
