import Dispatch
import NIOCore
import NIOPosix
@testable import TapControl
import TapFile
import Testing

@Suite(.timeLimit(.minutes(10))) struct HealthTests {
    private func check(
        _ states: [StatusReport.Service.State] = [.running], _ condition: WriterCondition = WriterCondition(),
        isStopping: Bool = false
    ) async -> Health {
        await HealthCheck(Watched(states), loops: EventLoopProbe(), storage: { condition }, isStopping: { isStopping })
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
            Watched(report: { throw Closed() }), loops: EventLoopProbe(), storage: { WriterCondition() })
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
        let application = HealthCheck(silent, loops: EventLoopProbe(), storage: { WriterCondition() })
        await #expect(
            application.health() == health(live: false, ready: false, "the application does not answer"))
        let tap = HealthCheck(
            silent, loops: EventLoopProbe(),
            storage: {
                await never()
                return WriterCondition()
            })
        await #expect(
            tap.health()
                == health(live: false, ready: false, durable: false, "the thread of the tap does not answer"))
        end.finish()
    }

    @Test func aLoopThatIsStuckIsNotLive() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 3)
        let release = DispatchSemaphore(value: 0)
        let probe = EventLoopProbe(group)
        let check = HealthCheck(Watched([.running]), loops: probe, storage: { WriterCondition() })
        await #expect(check.health() == health())
        Array(group.makeIterator())[1].execute { release.wait() }
        // The second time nobody waits for it any more.
        for _ in 0..<2 {
            await #expect(check.health() == health(live: false, "event loop 1 does not answer"))
        }
        await #expect(probe.delays()[1] >= EventLoopProbe.limit)
        release.signal()
        while await check.health() != health() { await Task.yield() }
        try await group.shutdownGracefully()
    }
}
