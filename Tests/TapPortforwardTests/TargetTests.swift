import CoreMetrics
import TapMetrics
import TapTesting
import Taproom
import Testing

@testable import TapPortforward

/// Which target gets a connection, and what happens when it does not take it.
@Suite(.timeLimit(.minutes(10)))
struct TargetTests {
    /// The address of a port where nobody listens.
    private func nowhere() throws -> TestAddress { try TestListener().address }

    /// Says "a" at one target and "b" at another, and answers what clients hear.
    private func heard(
        _ times: Int, _ change: (inout PortforwardSettings) -> Void = { _ in }
    ) async throws -> [String] {
        let targets = [try TestListener(), try TestListener()]
        return try await forwarding(to: targets.map(\.address), change) { forward in
            let servers = zip(targets, ["a", "b"]).map { target, name in
                Task { while true { try await target.accept().send(name) } }
            }
            var heard: [String] = []
            for _ in 0..<times {
                heard.append(String(decoding: try await forward.connect().receiveAll(), as: UTF8.self))
            }
            for server in servers { server.cancel() }
            return heard
        }
    }

    @Test func takesTurns() async throws {
        #expect(try await heard(4) == ["a", "b", "a", "b"])
    }

    @Test func keepsToTheFirst() async throws {
        #expect(try await heard(3) { $0.balance = .first } == ["a", "a", "a"])
    }

    @Test func prefersTheOneWithTheFewestConnections() async throws {
        let targets = [try TestListener(), try TestListener()]
        try await forwarding(to: targets.map(\.address)) { settings in
            settings.balance = .leastConnections
        } _: { forward in
            let one = try forward.connect()
            let first = try await targets[0].accept()
            let two = try forward.connect()
            let second = try await targets[1].accept()
            try await one.finishSending()
            try await first.finishSending()
            _ = try await one.receiveAll()
            // That the first is over is known to the service a moment later than to its client.
            try await eventually { forward.active(0) == 0 }
            let three = try forward.connect()
            let third = try await targets[0].accept()
            withExtendedLifetime([two, three, second, third]) {}
        }
    }

    @Test func triesTheNextWhenOneRefuses() async throws {
        let target = try TestListener()
        let registry = MetricsRegistry()
        try await withMetricsFactory(registry) {
            let dead = try nowhere()
            try await forwarding(to: [dead, target.address]) { settings in
                (settings.failures, settings.pause) = (2, TimeSpan(seconds: 3600))
            } _: { forward in
                for _ in 0..<5 {
                    let client = try forward.connect()
                    let server = try await target.accept()
                    try await server.send("x")
                    #expect(try await client.receive(count: 1) == Array("x".utf8))
                }
                let families = await registry.families()
                func value(_ name: String, _ address: TestAddress) -> Double? {
                    families.first { $0.name == name }?.samples
                        .first { sample in sample.labels.contains { $0.value == "\(address.target)" } }?.value
                }
                // After two failures it is out, and nobody asks it any more.
                #expect(value("taproom_forward_failures_total", dead) == 2)
                #expect(value("taproom_forward_target_up", dead) == 0)
                #expect(value("taproom_forward_target_up", target.address) == 1)
                #expect(value("taproom_forward_connections_total", target.address) == 5)
            }
        }
    }

    @Test func closesAtOnceWhenNobodyTakesTheConnection() async throws {
        let log = RecordedLog()
        try await forwarding(to: [try nowhere(), try nowhere()], logger: log.logger) { forward in
            for _ in 0..<5 {
                let client = try forward.connect()
                #expect(try await client.receiveAll() == [])
            }
        }
        // It is said once in ten seconds, and not five times.
        #expect((1..<5).contains(log.lines.filter { $0.contains("no target takes the connection") }.count))
    }

    @Test func waitsForATargetWhoseQueueIsFull() async throws {
        let folder = try TemporaryFolder()
        let (full, other) = (try FullSocket(folder["full.sock"]), try TestListener())
        try await forwarding(to: [.unix(path: folder["full.sock"]), other.address]) { settings in
            settings.balance = .first
        } _: { forward in
            let client = try forward.connect()
            try await client.send("patient")
            // Neither is the connection given up, nor does it go to the other target.
            #expect(try await !client.hasMore(within: .milliseconds(250)))
            #expect(await full.open() == Array("patient".utf8))
        }
    }

    @Test func givesUpOnTargetsThatDoNotAnswerInTime() async throws {
        let folder = try TemporaryFolder()
        let target = try TestListener()
        // A target that speaks TLS has to shake hands, which this one never does.
        try await forwarding(to: [target.address]) { settings in
            guard case .tcp(_, let port) = target.address else { return }
            var tls = ForwardTarget.TLS()
            tls.verify = false
            settings.to = [ForwardTarget(.tcp(host: "127.0.0.1", port: port), tls: tls)]
            settings.connect = TimeSpan(milliseconds: 100)
        } _: { forward in
            let client = try forward.connect()
            let server = try await target.accept()
            #expect(try await client.receiveAll() == [])
            withExtendedLifetime((server, folder)) {}
        }
    }

    @Test func checksTakeTargetsOutAndBringThemBack() async throws {
        let folder = try TemporaryFolder()
        let path = folder["first.sock"]
        let second = try TestListener()
        try await forwarding(to: [.unix(path: path), second.address]) { settings in
            settings.balance = .first
            (settings.failures, settings.health.every) = (1000, TimeSpan(milliseconds: 20))
            (settings.health.rise, settings.health.fall) = (2, 2)
        } _: { forward in
            try await eventually { !forward.isUp(0) }
            let first = try TestListener(unix: path)
            try await eventually { forward.isUp(0) }
            let client = try forward.connect()
            // Trials are connections too, which end without a word.
            while true {
                let server = try await first.accept()
                try? await server.send("first")
                if try await client.hasMore(within: .milliseconds(20)) { break }
            }
            #expect(try await client.receive(count: 5) == Array("first".utf8))
        }
    }
}

extension RunningForward {
    /// How many connections a target has, as far as choosing goes.
    func active(_ index: Int) -> Int { plan.streams.active(index) }

    /// Whether a target is in.
    func isUp(_ index: Int) -> Bool { plan.streams.isIn(index) }
}

/// Waits until something is so, for a minute at most.
func eventually(_ condition: () -> Bool) async throws {
    let end = ContinuousClock.now + .seconds(60)
    while !condition() {
        guard ContinuousClock.now < end else { throw TestFailure("what was waited for did not happen") }
        await Task.yield()
    }
}
