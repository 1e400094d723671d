package import NIOCore
import Synchronization
import TapMetrics
import TapNetwork

/// Measures how long the event loops take to do something new: what everything that is served there waits for.
///
/// A loop that has not answered yet is not asked again, so that nothing piles up in front of one that is stuck.
package final class EventLoopProbe: Sendable {
    /// How long loops are waited for.
    package let limit: Duration

    /// When each loop that has not answered yet was asked.
    private let asked = Mutex<[Int: ContinuousClock.Instant]>([:])
    private let group: (any EventLoopGroup)?

    /// A probe for some loops; those that all services share unless told otherwise.
    package init(_ group: (any EventLoopGroup)? = nil, limit: Duration = .seconds(1)) {
        self.group = group
        self.limit = limit
    }

    /// How long each loop took, in their order.
    ///
    /// For one that does not answer within ``limit`` it is how long it has been silent. Answers within that time.
    package func delays() async -> [Duration] {
        let group = group ?? EventLoops.shared
        return await withTaskGroup(of: (Int, Duration).self) { tasks in
            var count = 0
            for (number, loop) in group.makeIterator().enumerated() {
                count += 1
                tasks.addTask { (number, await self.delay(of: loop, number)) }
            }
            var delays = [Duration](repeating: .zero, count: count)
            for await (number, delay) in tasks { delays[number] = delay }
            return delays
        }
    }

    private func delay(of loop: any EventLoop, _ number: Int) async -> Duration {
        let now = ContinuousClock.now
        let earlier = asked.withLock { asked in
            defer { if asked[number] == nil { asked[number] = now } }
            return asked[number]
        }
        // Somebody asks already: that one's answer is as good, if it does not come too late.
        if let earlier, now - earlier >= limit { return now - earlier }
        let answered = await answer(within: limit) {
            await withCheckedContinuation { continuation in
                loop.execute {
                    let delay = ContinuousClock.now - now
                    self.asked.withLock { $0[number] = nil }
                    continuation.resume(returning: delay)
                }
            }
        }
        return answered ?? ContinuousClock.now - (earlier ?? now)
    }
}
