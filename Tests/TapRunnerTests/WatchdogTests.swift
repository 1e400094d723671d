import Synchronization
@testable import TapRunner
import Testing

@Suite struct WatchdogTests {
    /// A clock that goes on only when it is told.
    private final class ManualClock: Clock, Sendable {
        struct Instant: InstantProtocol {
            var time: Duration
            func advanced(by duration: Duration) -> Instant { Instant(time: time + duration) }
            func duration(to other: Instant) -> Duration { other.time - time }
            static func < (left: Instant, right: Instant) -> Bool { left.time < right.time }
        }

        private let time = Mutex(Duration.zero)
        var now: Instant { Instant(time: time.withLock { $0 }) }
        var minimumResolution: Duration { .zero }

        func advance(by duration: Duration) { time.withLock { $0 += duration } }
        func sleep(until deadline: Instant, tolerance: Duration?) async throws {
            advance(by: now.duration(to: deadline))
        }
    }

    private final class Count: Sendable {
        private let count = Mutex(0)
        var value: Int { count.withLock { $0 } }
        func up() { count.withLock { $0 += 1 } }
    }

    @Test(arguments: [(true, 0, 1), (true, 10, 1), (true, 11, 0), (false, 0, 0)])
    func tellsOnlyWhatIsWellAndInTime(isWell: Bool, seconds: Int, expected: Int) async {
        let (clock, told) = (ManualClock(), Count())
        let watchdog = Watchdog(every: .seconds(10), clock: clock, notify: { told.up() }) {
            clock.advance(by: .seconds(seconds))
            return isWell
        }
        await watchdog.check()?.value
        #expect(told.value == expected)
    }

    @Test func aCheckThatHangsIsNotJoinedByAnother() async {
        let (told, begun) = (Count(), Count())
        let (answers, answer) = AsyncStream.makeStream(of: Bool.self)
        let watchdog = Watchdog(every: .seconds(10), clock: ManualClock(), notify: { told.up() }) {
            begun.up()
            for await answer in answers { return answer }
            return false
        }
        let check = await watchdog.check()
        #expect(await watchdog.check() == nil)
        #expect(told.value == 0)
        answer.yield(true)
        await check?.value
        #expect(told.value == 1 && begun.value == 1)
        answer.finish()
        await watchdog.check()?.value
        #expect(told.value == 1 && begun.value == 2)
    }
}
