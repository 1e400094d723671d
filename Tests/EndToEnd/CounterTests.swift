import TapData
import TapTesting
import Testing

/// Counters of a web service after a stop, a change and a rollback.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct CounterTests {
    private let bench: Bench

    init() async throws {
        bench = try Bench()
        try bench.folder.write("hello\n", to: "site/index.html")
        try bench.folder.write("a\n", to: "site/a/index.html")
        try bench.folder.write(
            """
            taproom: 1
            name: web
            services:
            - kind: web
              listen: tcp:0:interface=127.0.0.1
              static: site
              routes: [{path: /a, static: site/a}]
              hosts: [{name: [one.example, two.example], static: site}]

            """, to: "web.yaml")
        try await bench.done("mktap", "--from", "web.yaml", "-o", "web.tap")
    }

    private func paths() async throws -> [String: Int64] {
        let shown = try await bench.json("tapctl", "show", "web.tap", "web.state.counters.paths")
        let members = shown.object?.members ?? []
        return Dictionary(uniqueKeysWithValues: members.map { ($0.key, $0.value["requests"]?.integer ?? -1) })
    }

    @Test func goOnAndGoBack() async throws {
        var served = try await bench.serve("-f", "web.tap")
        _ = try await served.curl("/")
        _ = try await served.curl("/a/")
        _ = try await served.curl("/", "-H", "Host: two.example")
        #expect(try await paths() == ["/": 1, "/a": 1, "one.example/": 1])
        try await bench.done("tapctl", "snapshot", "web.tap", "before")
        // The route goes, and its number stays.
        try await bench.done("tapctl", "set", "web.tap", "web.routes=[]")
        _ = try await served.curl("/a/")
        #expect(try await paths() == ["/": 2, "/a": 1, "one.example/": 1])
        #expect(try await served.stop().status == 0)
        #expect(try await paths() == ["/": 2, "/a": 1, "one.example/": 1])
        try await bench.done("tapctl", "rollback", "web.tap", "before", "--state")
        #expect(try await paths() == ["/": 1, "/a": 1, "one.example/": 1])
        served = try await bench.serve("-f", "web.tap")
        _ = try await served.curl("/")
        #expect(try await paths() == ["/": 2, "/a": 1, "one.example/": 1])
        // Also while it runs.
        try await bench.done("tapctl", "rollback", "web.tap", "before")
        _ = try await served.curl("/a/")
        #expect(try await paths() == ["/": 1, "/a": 2, "one.example/": 1])
        #expect(try await served.stop().status == 0)
        let text = try await bench.done("tapctl", "export", "web.tap", "--state", "state.jsonl")
        #expect(!text.isEmpty)
        #expect(bench.text("state.jsonl").contains(#""one.example":{"bytes":6,"requests":1}"#))
    }
}
