import Logging
import ServiceLifecycle
import ServiceLifecycleTestKit
import Synchronization
import Taproom
import Testing

/// What is done again and again until the shutdown.
@Suite(.timeLimit(.minutes(2))) struct PeriodicWorkTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    @Test func isDoneAgainAlsoWhenItFails() async throws {
        let (times, continuation) = AsyncStream.makeStream(of: Int.self)
        let count = Mutex(0)
        let work = PeriodicWork(every: TimeSpan(milliseconds: 1), logger: logger) {
            let number = count.withLock { count in
                count += 1
                return count
            }
            continuation.yield(number)
            if number == 2 { throw CancellationError() }
        }
        try await testGracefulShutdown { trigger in
            async let end: Void = work.run()
            for await number in times where number == 5 { break }
            trigger.triggerGracefulShutdown()
            try await end
        }
    }

    @Test func isCancelledAtTheShutdown() async throws {
        let (begun, continuation) = AsyncStream.makeStream(of: Void.self)
        let work = PeriodicWork(every: TimeSpan(milliseconds: 1), logger: logger) {
            continuation.yield()
            // Longer than the limit of the suite.
            try await Task.sleep(for: .seconds(600))
        }
        try await testGracefulShutdown { trigger in
            async let end: Void = work.run()
            for await _ in begun { break }
            trigger.triggerGracefulShutdown()
            try await end
        }
    }
}
