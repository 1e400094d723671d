import TapControl
import TapData
import TapFile
@testable import TapRunner
import TapTesting
import Taproom
import Testing

@Suite(.timeLimit(.minutes(2))) struct SupervisionTests {
    private let ada = Authorship(author: "ada", origin: "test")

    private func policy(_ policy: RestartPolicy.Policy, atMost: Int) -> RestartPolicy {
        var result = RestartPolicy()
        (result.policy, result.atMost, result.delay) = (policy, atMost, TimeSpan(milliseconds: 1))
        return result
    }

    private func group(_ name: String, _ policy: RestartPolicy, _ services: ServiceDefinition...) -> ServiceDefinition {
        var group = ServiceDefinition(name: name, kind: ServiceDefinition.group, restart: policy)
        group.services = services
        return group
    }

    /// Runs an application until it fails for good, and hands it to a body.
    private func untilItFails(
        _ application: Application, _ body: (RunningApplication) async throws -> Void
    ) async throws {
        try await untilItFails(application, orSomethingIs: { _ in false }, body)
    }

    /// Runs an application until it fails for good or something has come, and hands it to a body.
    private func untilItFails(
        _ application: Application, orSomethingIs isEnough: (RunningApplication) async throws -> Bool,
        _ body: (RunningApplication) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/site.tap"
            try Tap.make(path, application, by: ada)
            let (events, report) = AsyncStream.makeStream(of: RunningApplication.Event.self)
            let running = RunningApplication(
                application, sockets: SocketTable(), writer: try TapWriter(Tap(opening: path, for: .writing)),
                configuration: RunnerConfiguration(kinds: kinds, logger: quiet), tapPath: path
            ) { report.yield($0) }
            try await running.start(running.plans(of: application))
            for await event in events {
                guard case .serviceEnded(let plan, let ending) = event else { continue }
                if await !running.serviceEnded(plan, ending) { break }
                if try await isEnough(running) { break }
            }
            try await body(running)
            await #expect(running.shutDown(isSaving: true))
        }
    }

    private func starts(_ path: String, _ running: RunningApplication) async throws -> Datum {
        try await running.contents(of: "\(path).state.starts", at: nil)
    }

    @Test func aServiceThatKeepsFailingFailsItsGroupAndThatTheApplication() async throws {
        var failing = greeter("bad", "fail")
        failing.restart = policy(.onFailure, atMost: 2)
        let inner = group("inner", policy(.onFailure, atMost: 1), greeter("good"), failing)
        let outer = group("outer", policy(.always, atMost: 1), inner, greeter("beside"))
        try await untilItFails(application(outer, greeter("far"))) { running in
            let status = try await running.status()
            let restarts = Dictionary(uniqueKeysWithValues: status.services.map { ($0.name, $0.restarts) })
            // Twice by itself in each of the four lives that two restarts of two groups make.
            #expect(
                restarts == [
                    "outer": 1, "outer/inner": 2, "outer/inner/good": 0, "outer/inner/bad": 8, "outer/beside": 0,
                    "far": 0,
                ])
            try await #expect(starts("outer/inner/bad", running) == .integer(12))
            try await #expect(starts("outer/inner/good", running) == .integer(4))
            try await #expect(starts("outer/beside", running) == .integer(2))
            try await #expect(starts("far", running) == .integer(1))
            let reasons = status.services.map { $0.lastFailure?.reason }
            #expect(
                reasons == [
                    "outer/inner failed: outer/inner/bad failed: it will not", "outer/inner/bad failed: it will not",
                    nil,
                    "it will not", nil, nil,
                ])
        }
    }

    @Test func aGroupThatIsRestartedHasNotFailedAnyMore() async throws {
        var failing = greeter("bad", "fail")
        failing.restart = policy(.onFailure, atMost: 1)
        let stuck = group("stuck", RestartPolicy(), failing, greeter("good"))
        let hasFailed = { (running: RunningApplication) in
            try await running.status().services.contains { $0.name == "stuck" && $0.state == .failed }
        }
        try await untilItFails(application(stuck, greeter("far")), orSomethingIs: hasFailed) { running in
            try await #expect(hasFailed(running))
            try await running.restart("stuck", by: ada)
            let restarted = try await running.status().services.first { $0.name == "stuck" }
            #expect(restarted?.state == .running)
            #expect(restarted?.lastFailure == nil)
            await #expect(!running.statusLine.contains("failed"))
        }
    }

    @Test func saysInTheHistoryWhyAndKeepsWhatWasRemembered() async throws {
        var failing = greeter("a", "fail")
        failing.restart = policy(.onFailure, atMost: 1)
        try await untilItFails(application(failing)) { running in
            let history = try await running.history().dropFirst()
            #expect(history.map(\.kind) == [.snapshot, .snapshot])
            #expect(
                history.map(\.comment) == [
                    "service \"a\" failed: it will not; restart in 0.001 seconds",
                    "service \"a\" failed: it will not; the application stops",
                ])
            // Also what is stored at snapshots only.
            try await #expect(running.contents(of: "a.state.greetings", at: "2") == .integer(1))
            try await #expect(running.contents(of: "a.state.greetings", at: "3") == .integer(2))
        }
    }

    @Test func aGroupInADisabledGroupIsStoppedAtAnyDepth() async throws {
        let innermost = group("c", RestartPolicy(), greeter("deep"))
        var off = group("a", RestartPolicy(), group("b", RestartPolicy(), innermost))
        off.isEnabled = false
        let services = application(off, group("on", RestartPolicy(), greeter("beside")), greeter("bad", "fail"))
        try await untilItFails(services) { running in
            let status = try await running.status()
            let states = Dictionary(uniqueKeysWithValues: status.services.map { ($0.name, $0.state) })
            #expect(
                states == [
                    "a": .stopped, "a/b": .stopped, "a/b/c": .stopped, "a/b/c/deep": .stopped, "on": .running,
                    "on/beside": .running, "bad": .failed,
                ])
        }
    }

    @Test func aServiceInADisabledGroupDoesNotRun() throws {
        var off = group("off", RestartPolicy(), greeter("a"), group("deeper", RestartPolicy(), greeter("b")))
        off.isEnabled = false
        let services = application(off, group("offer", RestartPolicy(), greeter("c")), greeter("d"))
        try #expect(PlannedService.all(of: services, kinds: kinds).map(\.path) == ["offer/c", "d"])
    }
}
