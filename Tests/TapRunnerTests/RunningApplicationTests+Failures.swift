import TapConfig
import TapControl
import TapData
import TapFile
@testable import TapRunner
import TapTesting
import Taproom
import Testing

/// Services that ended by themselves, and changes that concern them.
extension RunningApplicationTests {
    /// Runs a body with an application of two services, one of which has ended or failed, and has the end told or not.
    private func withEnded(
        _ greeting: String, isTold: Bool,
        _ body: (RunningApplication, PlannedService, TapRunner.RunningService.Ending) async throws -> Void
    ) async throws {
        try await withRunning(application(greeter("a"), greeter("b", greeting))) { running, events, _ in
            for await event in events {
                guard case .serviceEnded(let plan, let ending) = event else { continue }
                // A policy of never: nobody starts it again.
                if isTold { _ = await running.serviceEnded(plan, ending) }
                try await body(running, plan, ending)
                break
            }
        }
    }

    private func health(_ running: RunningApplication) async -> Health {
        await HealthCheck(running, loops: EventLoopProbe(limit: .seconds(60))) {
            await running.writer.answeredCondition()
        }
        .health()
    }

    @Test(
        arguments: [
            ([Edit.remove("b")], nil), ([.enable("b", false)], .stopped),
            ([.set(path: "b.greeting", value: "Hello")], .running),
            ([.set(path: "b.name", value: "c"), .set(path: "c.greeting", value: "Hello")], nil),
        ] as [([Edit], StatusReport.Service.State?)])
    func aServiceThatFailedIsNoFailureAnyMoreAfterAChange(
        edits: [Edit], state: StatusReport.Service.State?
    ) async throws {
        try await withEnded("fail", isTold: true) { running, _, _ in
            await #expect(running.statusLine.hasSuffix("; failed: b"))
            await #expect(health(running).problems == ["service \"b\" is failed"])
            _ = try await running.change(ChangeRequest(edits), by: ada)
            try await #expect(states(running)["b"] == state)
            await #expect(running.states.failed == [])
            await #expect(!running.statusLine.contains("failed"))
            await #expect(health(running) == Health())
        }
    }

    @Test func aServiceOfTheSameNameBeginsAnew() async throws {
        try await withEnded("fail", isTold: true) { running, _, _ in
            try await #expect(running.status().services.last?.lastFailure?.reason == "it will not")
            _ = try await running.change(ChangeRequest([.remove("b")]), by: ada)
            var other = greeter("b")
            other.isEnabled = false
            _ = try await running.add(other, by: ada)
            try await #expect(running.status().services.last?.lastFailure == nil)
            try await #expect(states(running) == ["a": .running, "b": .stopped])
        }
    }

    @Test func theEndOfAServiceThatWasReplacedMeanwhileIsNoEnd() async throws {
        try await withEnded("fail", isTold: false) { running, plan, ending in
            _ = try await running.change(ChangeRequest([.set(path: "b.greeting", value: "Hello")]), by: ada)
            await #expect(running.serviceEnded(plan, ending))
            try await #expect(states(running) == ["a": .running, "b": .running])
            try await #expect(value("b.state.starts", running) == .integer(2))
            try await #expect(running.history().count == 2)
            // What it keeps in memory is stored with the others'.
            try await #expect(value("b.state.greetings", running) == .integer(2))
        }
    }

    @Test(arguments: [[Edit.remove("b")], [.enable("b", false)]])
    func theEndOfAServiceThatWasTakenOutMeanwhileStopsNothing(edits: [Edit]) async throws {
        try await withEnded("fail", isTold: false) { running, plan, ending in
            _ = try await running.change(ChangeRequest(edits), by: ada)
            await #expect(running.serviceEnded(plan, ending))
            await #expect(running.states.failed == [])
            try await #expect(running.history().count == 2)
        }
    }
}
