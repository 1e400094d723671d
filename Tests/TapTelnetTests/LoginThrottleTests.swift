import NIOCore
import TapNetwork
import Testing

@testable import TapTelnet

/// How guessing is delayed.
struct LoginThrottleTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    private func source(_ number: Int) -> LoginThrottle.Source {
        LoginThrottle.Source(
            try? SocketAddress(ipAddress: "10.\(number >> 16).\(number >> 8 & 255).\(number & 255)", port: 1))
    }

    private func begin(_ throttle: inout LoginThrottle, _ source: LoginThrottle.Source, at time: TimeAmount)
        -> TimeAmount
    {
        throttle.begin(source, now: start + time, delay: .seconds(1), atMost: .seconds(5))
    }

    @Test func eachTryWaitsForTheOneBeforeItAndLonger() {
        var throttle = LoginThrottle()
        let delays = (0..<6).map { _ in begin(&throttle, source(1), at: .zero) }
        #expect(delays == [0, 1, 3, 7, 12, 17].map { .seconds($0) })
    }

    @Test func waitingIsCountedAgainstTheDelay() {
        var throttle = LoginThrottle()
        _ = begin(&throttle, source(1), at: .zero)
        #expect(begin(&throttle, source(1), at: .milliseconds(400)) == .milliseconds(600))
        #expect(begin(&throttle, source(1), at: .seconds(60)) == .zero)
    }

    @Test func othersAreNotDelayed() {
        var throttle = LoginThrottle()
        for _ in 0..<5 { _ = begin(&throttle, source(1), at: .zero) }
        #expect(begin(&throttle, source(2), at: .zero) == .zero)
        #expect(begin(&throttle, .socket, at: .zero) == .zero)
    }

    @Test func whoKnowsThePasswordBeginsAnew() {
        var throttle = LoginThrottle()
        for _ in 0..<3 { _ = begin(&throttle, source(1), at: .zero) }
        throttle.succeed(source(1))
        #expect(begin(&throttle, source(1), at: .zero) == .zero)
        #expect(begin(&throttle, source(1), at: .zero) == .seconds(1))
    }

    @Test func manyAddressesTakeBoundedMemory() {
        var throttle = LoginThrottle()
        for number in 0..<(3 * LoginThrottle.maximumCount) { _ = begin(&throttle, source(number), at: .zero) }
        #expect(throttle.count <= LoginThrottle.maximumCount)
        var later = throttle
        for number in 0..<LoginThrottle.maximumCount { _ = begin(&later, source(100_000 + number), at: .hours(1)) }
        #expect(later.count <= LoginThrottle.maximumCount)
    }
}
