import ArgumentParser
import TapData
import TapNetwork
import TapTesting
import Taproom
import Testing

@testable import TapPortforward

/// The kind: its settings, its options, and what it remembers.
@Suite(.timeLimit(.minutes(10)))
struct PortforwardTests {
    @Test func isAGoodKind() throws {
        var settings = PortforwardSettings()
        settings.listen = [.tcp(port: 1), Endpoint(.udp(port: 53, interface: "127.0.0.1"))]
        settings.to = OneOrMore(
            try [
                "tcp:[2001:db8::1]:80", "unix:[/a:b]", "udp:a.example:53", "tls:b.example:443:verify=off",
                "tls:c.example:443:authority=/ca.pem:name=d.example",
            ].map { try ForwardTarget($0) })
        settings.balance = .first
        settings.health.every = TimeSpan(seconds: 1)
        try KindConformance.check(Portforward.self, samples: [settings])
    }

    @Test(arguments: [
        "tcp:localhost:6665", "tcp:[::1]:1", "unix:/run/app.sock", "udp:192.0.2.1:53", "tls:a.example:443",
        "tls:a.example:443:name=b.example", "tls:a.example:443:verify=off", "unix:[/with:colon]",
    ])
    func targetsReadAsTheyAreWritten(text: String) throws {
        #expect(try ForwardTarget(text).description == text)
    }

    @Test(arguments: [
        ("tcp", "A target is written"), ("http:a:80", "\"http\" is no way to a target"), ("tcp:a", "The port must be"),
        ("tcp:a:0", "The port must be"), ("tcp:a:65536", "The port must be"), ("tcp:a b:1", "The host must be"),
        ("tcp:a:1:x=y", "tcp has no options"), ("unix:a", "The path must begin with /"),
        ("tls:a:1:verify=on", "must be off"), ("tls:a:1:cafile=x", "tls has no option \"cafile\""),
        ("tls:a:1:name", "must be written NAME=VALUE"), ("tls:a:1:name=b:name=c", "stands twice"),
        ("tls:a:1:verify=off:authority=/x", "has no meaning with verify=off"), ("udp:a:1:x", "udp has no options"),
    ])
    func refusesOtherTargets(text: String, problem: String) {
        let error = #expect(throws: ForwardTargetError.self) { try ForwardTarget(text) }
        #expect(error?.description.hasPrefix("\"\(text)\". ") == true)
        #expect(error?.problem.contains(problem) == true, "\(error.map { "\($0)" } ?? "")")
    }

    private static let mistakes: [(settings: DatumObject, problem: String)] = [
        (["to": []], "to: must name at least one target"),
        (["to": ["tcp:a:1", "tcp:a:1"]], "to: names a target twice"),
        (["listen": []], "listen: must name at least one endpoint"),
        (["listen": "udp:53"], "to: must name a target such as udp:HOST:PORT for what comes to udp:53"),
        (["to": "udp:a:53"], "to: must name a target such as tcp:HOST:PORT for what comes to tcp:6666"),
        (["listen": "tls:443"], "listen: has tls:443 without a certificate"),
        (["tls": .object(["key": "/a"])], "tls.key: belongs to tls.certificate, which is missing"),
        (["balance": "random"], "must be one of roundRobin, leastConnections, first, but is \"random\""),
        (["failures": .integer(0)], "failures: must be from 1 to 1000, but is 0"),
        (["idle": "1"], "must be a number with ms, s, m, h or d"),
        (["allow": "10.0.0.1/8"], "must be a network such as"),
        (["sendProxyProtocol": "v3"], "must be one of none, v1, v2, but is \"v3\""),
        (["to": "tcp:a"], "is no target: \"tcp:a\". The port must be a number from 1 to 65535."),
    ]

    @Test(arguments: 0..<13)
    func saysWhatIsWrong(number: Int) throws {
        let (settings, problem) = Self.mistakes[number]
        let errors = Portforward.check(settings).errors.map(\.description)
        #expect(errors.contains { $0.contains(problem) }, "\(errors)")
    }

    @Test func takesTheOptionsOfTheOriginal() throws {
        func settings(_ words: [String]) throws -> PortforwardSettings {
            try PortforwardOptions.parse(words).settings()
        }
        #expect(try settings([]) == PortforwardSettings())
        let old = try settings(["--port", "6666", "--host", "localhost", "--dest_port", "6665"])
        #expect(old == PortforwardSettings())
        #expect(try settings(["-p", "1", "-d", "2"]).to == [.tcp("localhost", 2)])
        let new = try settings([
            "--listen", "tcp:1:interface=127.0.0.1", "--to", "tcp:a:1", "--to", "unix:/b", "--balance", "first",
            "--check-every", "5s", "--idle", "1m", "--connect-timeout", "1s", "--allow", "10.0.0.0/8", "--deny",
            "10.0.0.1", "--accept-proxy", "127.0.0.1", "--send-proxy", "v2", "--connections", "9",
            "--connections-per-client", "3",
        ])
        #expect(new.to == [.tcp("a", 1), ForwardTarget(.unix(path: "/b"))])
        #expect(new.balance == .first && new.health.every == TimeSpan(seconds: 5) && new.idle == TimeSpan(seconds: 60))
        #expect(new.limits.connections == 9 && new.limits.connectionsPerClient == 3)
        #expect(new.sendProxyProtocol == .v2 && new.proxyProtocol.from.elements.count == 1)
    }

    @Test(arguments: [
        (["--dest_port", "0"], "--dest_port must be a number from 1 to 65535, but is \"0\"."),
        (["--host", "a b"], "--host must be a name or an address of IP, but is \"a b\"."),
        (["--to", "x"], "--to is no target: \"x\". A target is written"),
        (["--balance", "x"], "--balance must be one of roundRobin, leastConnections, first, but is \"x\"."),
        (["--idle", "x"], "--idle must be a number with ms, s, m, h or d, but is \"x\"."),
        (["--allow", "x"], "--allow must be a network such as 192.0.2.0/24"),
        (["--tls", "x"], "--tls must be internal, but is \"x\"."),
    ])
    func refusesOtherOptions(words: [String], problem: String) {
        let error = #expect(throws: (any Error).self) { try PortforwardOptions.parse(words).settings() }
        #expect(error.map { PortforwardOptions.message(for: $0).contains(problem) } == true)
    }

    @Test func countsGoOnAfterARestart() async throws {
        let target = try TestListener()
        let state = TestState()
        for _ in 0..<2 {
            try await forwarding(to: [target.address], state: state) { forward in
                let client = try forward.connect()
                let server = try await target.accept()
                try await client.send("12345")
                try await client.finishSending()
                #expect(try await server.receiveAll().count == 5)
                try await server.send("123")
                try await server.finishSending()
                #expect(try await client.receiveAll().count == 3)
            }
        }
        let counters = try await state.value(Portforward.counters)
        #expect(counters.total == .init(connections: 2, sent: 10, received: 6))
        #expect(counters.byTarget == ["\(target.address.target)": counters.total])
    }

    @Test func changesKeepConnectionsThatAreOpen() async throws {
        let (old, new) = (try TestListener(), try TestListener())
        try await forwarding(to: [old.address]) { forward in
            let client = try forward.connect()
            let server = try await old.accept()
            try await forward.change(to: forwardSettings(to: [new.address]) { $0.idle = TimeSpan(seconds: 600) })
            let next = try forward.connect()
            let other = try await new.accept()
            for (near, far) in [(client, server), (next, other)] {
                try await near.send("x")
                #expect(try await far.receive(count: 1) == Array("x".utf8))
                try await far.send("y")
                #expect(try await near.receive(count: 1) == Array("y".utf8))
            }
        }
    }

    @Test func tellsOfEachConnectionAtDebug() async throws {
        let target = try TestListener()
        let log = RecordedLog()
        try await forwarding(to: [target.address], logger: log.logger) { forward in
            let client = try forward.connect()
            let server = try await target.accept()
            try await client.send("12345")
            try await client.finishSending()
            _ = try await server.receiveAll()
            try await server.finishSending()
            _ = try await client.receiveAll()
        }
        let line = try #require(log.lines.first { $0.contains("connection ended") })
        #expect(line.contains("\"sent\": 5") && line.contains("both sides have ended"), "\(line)")
    }
}
