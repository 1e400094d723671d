import Glibc
import Logging
import TapData
@testable import TapRunner
import TapTesting
import Taproom
import Testing

@Suite struct DecisionTests {
    private func policy(_ policy: RestartPolicy.Policy, atMost: Int = 5, within seconds: Int64 = 60) -> RestartPolicy {
        var result = RestartPolicy()
        (result.policy, result.atMost, result.within) = (policy, atMost, TimeSpan(seconds: seconds))
        return result
    }

    @Test(
        arguments: [
            (.never, false, .leave), (.never, true, .giveUp), (.onFailure, false, .leave),
            (.onFailure, true, .restart(after: .milliseconds(100))),
            (.always, false, .restart(after: .milliseconds(100))), (.always, true, .restart(after: .milliseconds(100))),
        ] as [(RestartPolicy.Policy, Bool, RestartHistory.Decision)])
    func decidesAtTheFirstEnd(word: RestartPolicy.Policy, failed: Bool, expected: RestartHistory.Decision) {
        var history = RestartHistory()
        #expect(history.serviceEnded(failed: failed, policy: policy(word)) == expected)
        #expect(history.count == (expected == .restart(after: .milliseconds(100)) ? 1 : 0))
    }

    @Test func waitsLongerEachTimeAndTenSecondsAtMost() {
        var history = RestartHistory()
        let now = ContinuousClock.now
        let decisions = (0..<9).map { _ in
            history.serviceEnded(failed: true, policy: policy(.always, atMost: 100), at: now)
        }
        let expected = [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000].map {
            RestartHistory.Decision.restart(after: .milliseconds($0))
        }
        #expect(decisions == expected)
    }

    @Test func givesUpAfterTooManyInTheTimeOfThePolicy() {
        var history = RestartHistory()
        let now = ContinuousClock.now
        for second in 0..<3 {
            #expect(
                history.serviceEnded(failed: true, policy: policy(.always, atMost: 3), at: now + .seconds(second))
                    != .giveUp)
        }
        #expect(
            history.serviceEnded(failed: true, policy: policy(.always, atMost: 3), at: now + .seconds(59)) == .giveUp)
    }

    @Test func forgetsRestartsThatAreLongAgo() {
        var history = RestartHistory()
        let now = ContinuousClock.now
        for minute in 0..<50 {
            let decision = history.serviceEnded(
                failed: true, policy: policy(.always, atMost: 1), at: now + .seconds(60 * minute))
            #expect(decision == .restart(after: .milliseconds(100)))
        }
        #expect(history.count == 50)
    }

    @Test func servicesThatAreNotEnabledAreNotPlanned() throws {
        var off = greeter("off")
        off.isEnabled = false
        let planned = try PlannedService.all(
            of: application(greeter("a"), off, greeter("b", listen: ["tcp:0"])), kinds: kinds)
        #expect(planned.map(\.path) == ["a", "b"])
        #expect(planned.map(\.endpoints) == [[], [.tcp(port: 0)]])
    }

    @Test(arguments: [
        (
            ServiceDefinition(name: "web", kind: "greter"),
            "service \"web\": no kind is called \"greter\". Did you mean \"greeter\"?",
            Taproom.ExitStatus.configuration
        ),
        (
            greeter("web", version: 3),
            "service \"web\": what it has for settings is stored in version 3, and this program reads version 2. Use the program that wrote it, or a newer one.",
            .badData
        ),
        (
            greeter("web", version: 1),
            "service \"web\": what it has for settings is stored in version 1, and this program reads version 2. Start a program in between once, which can migrate it.",
            .badData
        ),
        (
            ServiceDefinition(
                name: "web", kind: "greeter", settingsVersion: 2,
                settings: ["greeting": .integer(1), "listen": .string("x")]),
            """
            service "web": greeting must be text, but is 1
            service "web": listen is no endpoint: "x". An endpoint is written tcp:PORT, tls:PORT, udp:PORT, unix:PATH or systemd:NAME.
            """, .badData
        ),
    ])
    func refusesWhatCannotRun(service: ServiceDefinition, expected: String, status: Taproom.ExitStatus) {
        let error = #expect(throws: RunnerError.self) {
            try PlannedService.all(of: application(greeter("a"), service), kinds: kinds)
        }
        #expect(error?.description == expected)
        #expect(error?.exitStatus == status)
    }
}
