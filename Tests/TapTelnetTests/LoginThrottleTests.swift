import NIOCore
import TapNetwork
import Testing

@testable import TapTelnet

/// How guessing is delayed.
struct LoginThrottleTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    private func source(_ number: Int) throws -> LoginThrottle.Source {
        LoginThrottle.Source(
            try SocketAddress(ipAddress: "10.\(number >> 16).\(number >> 8 & 255).\(number & 255)", port: 1))
    }

    private func begin(_ throttle: inout LoginThrottle, _ source: LoginThrottle.Source, at time: TimeAmount)
        -> TimeAmount
    {
        throttle.begin(source, now: start + time, delay: .seconds(1), atMost: .seconds(5))
    }

    @Test func eachTryWaitsForTheOneBeforeItAndLonger() throws {
        var throttle = LoginThrottle()
        let delays = try (0..<6).map { _ in begin(&throttle, try source(1), at: .zero) }
        #expect(delays == [0, 1, 3, 7, 12, 17].map { .seconds($0) })
    }

    @Test func waitingIsCountedAgainstTheDelay() throws {
        var throttle = LoginThrottle()
        _ = begin(&throttle, try source(1), at: .zero)
        #expect(begin(&throttle, try source(1), at: .milliseconds(400)) == .milliseconds(600))
        #expect(begin(&throttle, try source(1), at: .seconds(60)) == .zero)
    }

    @Test func othersAreNotDelayed() throws {
        var throttle = LoginThrottle()
        for _ in 0..<5 { _ = begin(&throttle, try source(1), at: .zero) }
        #expect(begin(&throttle, try source(2), at: .zero) == .zero)
        #expect(begin(&throttle, .socket, at: .zero) == .zero)
    }

    @Test func whoKnowsThePasswordBeginsAnew() throws {
        var throttle = LoginThrottle()
        for _ in 0..<3 { _ = begin(&throttle, try source(1), at: .zero) }
        throttle.succeed(try source(1))
        #expect(begin(&throttle, try source(1), at: .zero) == .zero)
        #expect(begin(&throttle, try source(1), at: .zero) == .seconds(1))
    }

    @Test func manyAddressesTakeBoundedMemory() throws {
        var throttle = LoginThrottle()
        for number in 0..<(3 * LoginThrottle.maximumCount) { _ = begin(&throttle, try source(number), at: .zero) }
        #expect(throttle.count <= LoginThrottle.maximumCount)
        var later = throttle
        for number in 0..<LoginThrottle.maximumCount { _ = begin(&later, try source(100_000 + number), at: .hours(1)) }
        #expect(later.count <= LoginThrottle.maximumCount)
    }
}
