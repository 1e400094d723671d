import Synchronization
@testable import TapNetwork
import Testing

@Suite struct ConnectionBudgetTests {
    @Test func thereIsRoomForWhatIsLeft() {
        let budget = ConnectionBudget(limit: 2)
        #expect(budget.room {} == 2)
        budget.take()
        #expect(budget.room {} == 1)
        budget.take()
        budget.take()
        #expect((budget.room {}, budget.open) == (0, 3))
    }

    @Test func thoseWhoWaitAreCalledOnceWhenThereIsRoom() {
        let calls = Mutex(0)
        let budget = ConnectionBudget(limit: 1)
        #expect(budget.room { calls.withLock { $0 += 100 } } == 1)
        budget.take()
        budget.take()
        #expect(budget.room { calls.withLock { $0 += 1 } } == 0)
        #expect(budget.room { calls.withLock { $0 += 10 } } == 0)
        budget.giveBack()
        #expect(calls.withLock { $0 } == 0)
        budget.giveBack()
        #expect(calls.withLock { $0 } == 11)
        budget.take()
        budget.giveBack()
        #expect(calls.withLock { $0 } == 11)
    }

    @Test func nobodyGetsNothing() { #expect(ConnectionBudget(limit: 0).room {} == 1) }

    @Test(arguments: [
        (1_048_576, 4, 917_428), (1024, 2, 826), (256, 2, 154), (64, 2, 16), (20, 64, 5), (0, 1, 0),
    ])
    func filesAreLeftForOthers(files: Int, processors: Int, connections: Int) {
        #expect(ConnectionBudget.connections(ofFiles: files, processors: processors) == connections)
    }
}
