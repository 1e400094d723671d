import NIOCore
import Taproom
import Testing

@testable import TapWeb

struct ConnectionClockTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    private func clock() -> ConnectionClock {
        var limits = WebLimits()
        limits.idle = TimeSpan(seconds: 60)
        limits.request = TimeSpan(seconds: 30)
        return ConnectionClock(limits, now: start)
    }

    @Test func closesIdleConnections() {
        var clock = clock()
        #expect(clock.verdict(now: start + .seconds(59), sent: 0) == .wait(until: start + .seconds(60)))
        #expect(clock.verdict(now: start + .seconds(60), sent: 0) == .close)
    }

    @Test func startsAnewWithEachRequest() {
        var clock = clock()
        clock.note(.idle, now: start + .seconds(50))
        #expect(clock.verdict(now: start + .seconds(60), sent: 0) == .wait(until: start + .seconds(110)))
    }

    @Test func refusesHeadsThatDripIn() {
        var clock = clock()
        for second in Int64(1)...30 { clock.note(.receivingHead, now: start + .seconds(second)) }
        #expect(clock.verdict(now: start + .seconds(31), sent: 0) == .refuse)
    }

    @Test func waitsForClientsThatTakeSomething() {
        var clock = clock()
        clock.note(.sending, now: start)
        #expect(clock.verdict(now: start + .seconds(60), sent: 1) == .wait(until: start + .seconds(120)))
        #expect(clock.verdict(now: start + .seconds(120), sent: 1) == .close)
    }

    @Test func lingersForAMoment() {
        var clock = clock()
        clock.note(.lingering, now: start)
        clock.note(.lingering, now: start + .seconds(1))
        #expect(clock.verdict(now: start + .seconds(2), sent: 0) == .close)
    }
}
