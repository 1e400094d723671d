@testable import TapFile
import Taproom
import Testing

@Suite(.timeLimit(.minutes(1))) struct WorkQueueTests {
    private let queue = WorkQueue<Int>()

    @Test func gathersUntilAllAreThere() throws {
        try startThread { [queue] in for number in 1...3 { _ = queue.append(number) } }
        queue.gather(3, for: .seconds(3600))
        #expect(queue.count == 3)
        #expect(queue.take(untilNextHalfSecond: false) == [1, 2, 3])
    }

    @Test func gathersNoLongerThanItHasPatience() {
        _ = queue.append(1)
        queue.gather(2, for: .milliseconds(1))
        #expect(queue.take(untilNextHalfSecond: false) == [1])
    }

    @Test func gathersNoLongerWhenItIsClosed() throws {
        try startThread { [queue] in queue.close() }
        queue.gather(2, for: .seconds(3600))
        #expect(queue.take(untilNextHalfSecond: false) == nil)
    }

    @Test func wakesForTheFirstElementAfterGathering() throws {
        queue.gather(2, for: .zero)
        try startThread { [queue] in _ = queue.append(1) }
        #expect(queue.take(untilNextHalfSecond: false) == [1])
    }
}
