import TapTesting
import Taproom
import Testing

@testable import TapPortforward

/// Datagrams, with sessions for their clients.
@Suite(.timeLimit(.minutes(10)))
struct DatagramTests {
    private static let door = Endpoint(.udp(port: 0, interface: nil))

    /// Runs a service that passes datagrams on to another one of the same kind, behind which an echo is: socat.
    private func echoing<Result>(
        state: TestState = TestState(), _ change: (inout PortforwardSettings) -> Void = { _ in },
        _ body: (RunningForward) async throws -> Result
    ) async throws -> Result {
        let echo = try TestEcho()
        return try await forwarding(to: [echo.address], listen: [Self.door], state: state, change, body)
    }

    @Test func eachClientHasASessionOfItsOwn() async throws {
        let state = TestState()
        try await echoing(state: state) { forward in
            let clients = try (0..<5).map { _ in try forward.connect() }
            for round in 0..<3 {
                for (number, client) in clients.enumerated() { try await client.send("\(round)\(number)") }
                for (number, client) in clients.enumerated() {
                    #expect(try await client.receive(count: 2) == Array("\(round)\(number)".utf8))
                }
            }
        }
        let total = try await state.value(Portforward.counters).total
        #expect(total == .init(connections: 5, sent: 30, received: 30))
    }

    @Test func largeDatagramsComeWhole() async throws {
        try await echoing { forward in
            let client = try forward.connect()
            try await client.send([UInt8](repeating: 7, count: 65_507))
            #expect(try await client.receive(count: 65_507) == [UInt8](repeating: 7, count: 65_507))
        }
    }

    @Test func moreClientsThanThereMayBeGetNothing() async throws {
        let log = RecordedLog()
        let echo = try TestEcho()
        try await forwarding(to: [echo.address], listen: [Self.door], logger: log.logger) { settings in
            settings.datagrams.clients = 1
        } _: { forward in
            let first = try forward.connect()
            try await first.send("1")
            #expect(try await first.receive(count: 1) == Array("1".utf8))
            let second = try forward.connect()
            try await second.send("2")
            try await eventually { log.lines.contains { $0.contains("too many clients") } }
            try await first.send("3")
            #expect(try await first.receive(count: 1) == Array("3".utf8))
        }
    }

    @Test func sessionsEndWhenNothingComes() async throws {
        let log = RecordedLog()
        let echo = try TestEcho()
        try await forwarding(to: [echo.address], listen: [Self.door], logger: log.logger) { settings in
            settings.datagrams.idle = TimeSpan(milliseconds: 1000)
        } _: { forward in
            let client = try forward.connect()
            for _ in 0..<2 {
                let before = log.lines.filter { $0.contains("session ended") }.count
                try await client.send("x")
                #expect(try await client.receive(count: 1) == Array("x".utf8))
                try await eventually { log.lines.filter { $0.contains("session ended") }.count > before }
            }
        }
    }

    @Test func aTargetThatIsNotThereIsLeftOut() async throws {
        let echo = try TestEcho()
        let dead = try TestEcho().address
        try await forwarding(to: [dead, echo.address], listen: [Self.door]) { settings in
            (settings.balance, settings.failures) = (.first, 1)
        } _: { forward in
            let client = try forward.connect()
            // The first datagram finds out, and is lost, as datagrams may be.
            try await client.send("lost")
            try await eventually { !forward.plan.datagrams.isIn(0) }
            try await client.send("found")
            #expect(try await client.receive(count: 5) == Array("found".utf8))
        }
    }

    @Test func namesOfHostsAreLookedUp() async throws {
        let echo = try TestEcho()
        try await forwarding(to: [], listen: [Self.door]) { settings in
            settings.to = [ForwardTarget(.udp(host: "localhost", port: (try? echo.address.port()) ?? 0))]
        } _: { forward in
            let client = try forward.connect()
            try await client.send("one")
            #expect(try await client.receive(count: 3) == Array("one".utf8))
        }
    }
}
