import Dispatch
import NIOCore
import NIOPosix
@testable import TapControl
import TapFile
import Testing

@Suite(.timeLimit(.minutes(10))) struct HealthTests {
    /// Waits long, for other tests may keep the machine busy.
    private let patient = EventLoopProbe(limit: .seconds(120))
    /// Does not wait for what will never come.
    private let hasty = EventLoopProbe(limit: .milliseconds(200))

    private func check(
        _ states: [StatusReport.Service.State] = [.running], _ condition: WriterCondition = WriterCondition(),
        isStopping: Bool = false
    ) async -> Health {
        await HealthCheck(Watched(states), loops: patient, storage: { condition }, isStopping: { isStopping })
            .health()
    }

    private func health(live: Bool = true, ready: Bool = true, durable: Bool = true, _ problems: String...) -> Health {
        var health = Health()
        (health.live, health.ready, health.durable, health.problems) = (live, ready, durable, problems)
        return health
    }

    @Test func allIsWell() async {
        await #expect(check([.running, .quarantined, .stopped]) == health())
        await #expect(check([]) == health())
    }

    @Test(arguments: [StatusReport.Service.State.starting, .stopping, .failed])
    func aServiceThatDoesNotRunIsNotReady(state: StatusReport.Service.State) async {
        await #expect(check([.running, state]) == health(ready: false, "service \"web-1\" is \(state.rawValue)"))
    }

    @Test func anApplicationThatWasToldToStopIsNotReady() async {
        await #expect(check(isStopping: true) == health(ready: false, "the application was told to stop"))
    }

    @Test func changesThatAreNotOnTheDiskAreNotDurable() async {
        var condition = WriterCondition()
        condition.failure = "the disk is full"
        await #expect(
            check([.running], condition)
                == health(durable: false, "the last changes could not be stored: the disk is full"))
        condition = WriterCondition()
        condition.promisedLossWindow = 5.5
        await #expect(
            check([.running], condition)
                == health(durable: false, "changes of 5 seconds ago should be on the disk after one, and are not"))
        condition.promisedLossWindow = 4.9
        // These wait for the next snapshot, as they should.
        condition.snapshotLossWindow = 3600
        await #expect(check([.running], condition) == health())
    }

    @Test func aTapThatIsClosedIsNotReady() async {
        struct Closed: Error {}
        let check = HealthCheck(
            Watched(report: { throw Closed() }), loops: patient, storage: { WriterCondition() })
        await #expect(
            check.health()
                == health(
                    ready: false, "the application does not know its state: its tap is closed or can't be read"))
    }

    @Test func whoDoesNotAnswerIsNotLive() async throws {
        let (stream, end) = AsyncStream.makeStream(of: Void.self)
        let never: @Sendable () async -> Void = { for await _ in stream {} }
        let silent = Watched(report: {
            await never()
            throw CancellationError()
        })
        let application = HealthCheck(silent, loops: hasty, storage: { WriterCondition() })
        let health = await application.health()
        #expect(!health.live && !health.ready && health.problems.contains("the application does not answer"))
        let tap = HealthCheck(
            silent, loops: hasty,
            storage: {
                await never()
                return WriterCondition()
            })
        let other = await tap.health()
        #expect(!other.live && !other.durable && other.problems.contains("the thread of the tap does not answer"))
        end.finish()
    }

    @Test func aLoopThatIsStuckIsNotLive() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 3)
        let release = DispatchSemaphore(value: 0)
        let probe = EventLoopProbe(group, limit: .milliseconds(200))
        let check = HealthCheck(Watched([.running]), loops: probe, storage: { WriterCondition() })
        while await check.health() != health() { await Task.yield() }
        Array(group.makeIterator())[1].execute { release.wait() }
        // The second time nobody waits for it any more.
        for _ in 0..<2 {
            let health = await check.health()
            #expect(!health.live && health.problems.contains("event loop 1 does not answer"))
        }
        await #expect(probe.delays()[1] >= probe.limit)
        release.signal()
        while await check.health() != health() { await Task.yield() }
        try await group.shutdownGracefully()
    }
}
