import Glibc
import TapConfig
import TapControl
import TapData
import TapFile
@testable import TapRunner
import TapTesting
import Taproom
import Testing

@Suite(.timeLimit(.minutes(2))) struct RunningApplicationTests {
    let ada = Authorship(author: "ada", origin: "test")

    /// Runs a body with a running application, its events and the folder of its tap, and shuts it down.
    func withRunning(
        _ application: Application, isStarted: Bool = true,
        _ body: (RunningApplication, AsyncStream<RunningApplication.Event>, String) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/site.tap"
            try Tap.make(path, application, by: ada)
            let writer = try TapWriter(Tap(opening: path, for: .writing))
            let sockets = try SocketTable().binding(PlannedService.all(of: application, kinds: kinds))
            let (events, report) = AsyncStream.makeStream(of: RunningApplication.Event.self)
            let running = RunningApplication(
                application, sockets: sockets, writer: writer,
                configuration: RunnerConfiguration(kinds: kinds, logger: quiet),
                tapPath: path
            ) { report.yield($0) }
            if isStarted { try await running.start(PlannedService.all(of: application, kinds: kinds)) }
            try await body(running, events, folder)
            await #expect(running.shutDown(isSaving: true))
            try Tap(opening: path, for: .writing).close()
        }
    }

    func value(_ path: String, _ running: RunningApplication) async throws -> Datum {
        try await running.contents(of: path, at: nil)
    }

    func states(_ running: RunningApplication) async throws -> [String: StatusReport.Service.State] {
        Dictionary(uniqueKeysWithValues: try await running.status().services.map { ($0.name, $0.state) })
    }

    @Test func tellsWhatRuns() async throws {
        try await withRunning(application(greeter("a"), greeter("b", listen: ["tcp:0:interface=127.0.0.1"]))) {
            running, _, folder in
            let status = try await running.status()
            #expect(
                (status.running, status.pid, status.tap, status.revision) == (
                    true, Int(getpid()), folder + "/site.tap", 1
                ))
            #expect(status.services.map(\.state) == [.running, .running])
            #expect(
                status.services[1].endpoints.first.map { $0 != "tcp:0:interface=127.0.0.1" && $0.hasPrefix("tcp:") }
                    == true)
        }
    }

    @Test func addsAServiceAndLeavesTheOthersAlone() async throws {
        try await withRunning(application(greeter("a"))) { running, _, folder in
            let new = greeter("a", listen: ["unix:\(folder)/new.sock"])
            let request = ChangeRequest([.add(Description.datumWithoutName(of: new), group: nil)])
            let outcome = try await running.change(request, by: ada)
            #expect(outcome.revision == 2)
            #expect(outcome.plan.services.map(\.name) == ["greeter"])
            #expect(outcome.plan.services.map(\.action) == [.start])
            #expect(accepts(folder + "/new.sock"))
            try await #expect(value("a.state.starts", running) == .integer(1))
            try await #expect(running.history().map(\.status) == [.superseded, .active])
        }
    }

    @Test func servicesThatReferToSecretsReadThemAgain() async throws {
        try await withRunning(application(greeter("a", "env:HOME"), greeter("b"), greeter("c", "file:/etc/hostname"))) {
            running, _, _ in
            try await #expect(running.renewSecrets(except: ["c"]) == ["a"])
            let starts = try await ["a", "b", "c"].asyncMap { try await value("\($0).state.starts", running) }
            #expect(starts == [.integer(2), .integer(1), .integer(1)])
            try await #expect(running.history().count == 1)
        }
    }

    @Test func aServiceThatCannotStartIsTakenBackWithAllItDid() async throws {
        try await withRunning(application(greeter("a"))) { running, _, folder in
            let error = await #expect(throws: RunnerError.self) {
                try await running.add(greeter("b", "refuse", listen: ["unix:\(folder)/b.sock"]), by: ada)
            }
            #expect(error?.description == "service \"b\": it will not")
            try await #expect(states(running) == ["a": .running])
            try await #expect(running.history().map(\.status) == [.active, .failed])
            #expect(access(folder + "/b.sock", F_OK) != 0)
            try await #expect(running.verify() == [])
            _ = try await running.add(greeter("c"), by: ada)
            try await #expect(value("c.state.starts", running) == .integer(1))
        }
    }

    @Test func aBusyEndpointIsRefusedBeforeAnythingHappens() async throws {
        try await withRunning(application(greeter("a"))) { running, _, folder in
            let busy = try BoundSocket(Endpoint(.unix(path: folder + "/busy.sock", mode: nil)))
            await #expect(throws: RunnerError.self) {
                try await running.add(greeter("b", listen: ["unix:\(folder)/busy.sock"]), by: ada)
            }
            try await #expect(running.history().count == 1)
            withExtendedLifetime(busy) {}
        }
    }

    @Test func rollsBackTheAffectedServiceOnly() async throws {
        try await withRunning(application(greeter("a"), greeter("b"))) { running, _, _ in
            _ = try await running.add(greeter("c"), by: ada)
            let revision = try await running.rollBack(to: "1", RollbackScope(state: false), by: ada)
            #expect(revision == 3)
            try await #expect(states(running) == ["a": .running, "b": .running])
            try await #expect(value("a.state.starts", running) == .integer(1))
        }
    }

    @Test func aRollbackThatCannotStartRestoresSettingsStateAndServices() async throws {
        try await withRunning(application(greeter("a"), greeter("z", "refuse")), isStarted: false) { running, _, _ in
            // The first revision can't run; the second can.
            _ = try await running.change(
                ChangeRequest([
                    .set(path: "a.greeting", value: .string("Hey")), .set(path: "z.greeting", value: .string("Hello")),
                ]), by: ada)
            let before = try await value("a.state.starts", running)
            await #expect(throws: RunnerError.self) { try await running.rollBack(to: "1", RollbackScope(), by: ada) }
            try await #expect(states(running) == ["a": .running, "z": .running])
            try await #expect(running.history().last?.status == .failed)
            try await #expect(running.history().contains { $0.status == .pending } == false)
            try await #expect(running.verify() == [])
            // It was started again, on what it had stored before.
            #expect(before == .integer(1))
            try await #expect(value("z.greeting", running) == .string("Hello"))
        }
    }

    @Test func anApplicationThatCannotStartLeavesNothingRunning() async throws {
        try await withRunning(application(greeter("a"), greeter("b", "refuse")), isStarted: false) { running, _, _ in
            let error = await #expect(throws: RunnerError.self) {
                try await running.start(PlannedService.all(of: running.application, kinds: kinds))
            }
            #expect(error?.description == "service \"b\": it will not")
            try await #expect(states(running) == ["a": .stopped, "b": .failed])
        }
    }

    @Test(arguments: [("end", true), ("fail", false)])
    func reportsAServiceThatEndsByItself(greeting: String, isContinued: Bool) async throws {
        try await withRunning(application(greeter("a", greeting))) { running, events, _ in
            for await event in events {
                guard case .serviceEnded(let plan, let ending) = event else { continue }
                #expect(plan.path == "a")
                await #expect(running.serviceEnded(plan, ending) == isContinued)
                break
            }
            try await #expect(states(running) == ["a": isContinued ? .stopped : .failed])
        }
    }

    @Test func restartsAServiceAsItsPolicySays() async throws {
        var service = greeter("a", "fail")
        (service.restart.policy, service.restart.atMost) = (.onFailure, 2)
        try await withRunning(application(service)) { running, events, _ in
            var answers: [Bool] = []
            for await event in events {
                guard case .serviceEnded(let plan, let ending) = event else { continue }
                answers.append(await running.serviceEnded(plan, ending))
                if answers.last == false { break }
            }
            #expect(answers == [true, true, false])
            try await #expect(running.status().services.map(\.restarts) == [2])
            try await #expect(value("a.state.starts", running) == .integer(3))
        }
    }

    @Test func deferredStateIsOnDiskAfterTheEndAndDiscardedWithoutSaving() async throws {
        for isSaving in [true, false] {
            try await withTemporaryFolder { folder in
                let path = folder + "/site.tap"
                try Tap.make(path, application(greeter("a")), by: ada)
                let running = RunningApplication(
                    application(greeter("a")), sockets: SocketTable(),
                    writer: try TapWriter(Tap(opening: path, for: .writing)),
                    configuration: RunnerConfiguration(kinds: kinds, logger: quiet), tapPath: path
                ) { _ in }
                try await running.start(PlannedService.all(of: running.application, kinds: kinds))
                await #expect(running.shutDown(isSaving: isSaving))
                let cells = try Tap(opening: path, for: .reading).stateCells().map(\.cell)
                #expect(cells == (isSaving ? ["greetings", "starts"] : ["starts"]))
            }
        }
    }

    @Test func anApplicationIsTheSameOverItsSocket() async throws {
        try await withRunning(application(greeter("a"))) { running, events, folder in
            let socket = try BoundSocket(Endpoint(.unix(path: folder + "/site.sock", mode: 0o600)))
            let server = try await ControlServer(
                socket: dup(socket.descriptor), routes: ControlRoutes(running),
                admission: .peers(owner: geteuid(), readers: nil), logger: quiet)
            let remote = try #require(try RemoteApplication(socket: folder + "/site.sock"))
            try await #expect(remote.revision() == 1)
            try await #expect(remote.snapshot("t-1", by: ada) == 2)
            try await #expect(remote.history() == running.history())
            try await #expect(remote.description(at: nil) == running.description(at: nil))
            try await #expect(remote.add(greeter("b"), by: ada) == 3)
            try await #expect(remote.differences(from: "t-1", to: nil) == running.differences(from: "2", to: nil))
            let error = await #expect(throws: RemoteError.self) {
                try await remote.rollBack(to: "no where", RollbackScope(), by: ada)
            }
            #expect(error?.description == "there is no revision or snapshot \"no where\". Allowed: t-1.")
            #expect(error?.exitStatus == .usage)
            try await remote.stop()
            for await event in events { if case .stopRequested = event { break } }
            await server.close()
        }
    }
}

extension Array {
    fileprivate func asyncMap<Result>(_ body: (Element) async throws -> Result) async rethrows -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await body(element)) }
        return results
    }
}

extension ControlledApplication {
    /// Adds a service, and answers the revision.
    func add(_ service: ServiceDefinition, by authorship: Authorship) async throws -> Int? {
        try await change(ChangeRequest([.add(Description.datum(of: service), group: nil)]), by: authorship).revision
    }
}
