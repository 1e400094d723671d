import NIOCore
import Synchronization

/// How many programs may run at once, for all event loops together.
///
/// As many requests as may run can wait for their turn, in the order of their coming.
final class ProgramSlots: Sendable {
    /// What somebody gets who asks for a slot.
    enum Answer: Equatable {
        case granted
        /// It comes later; the number is for taking the wish back.
        case waiting(Int)
        case refused
    }

    private struct State {
        var free: Int
        var next = 0
        var waiting: CircularBuffer<(number: Int, grant: @Sendable () -> Void)> = []
    }

    private let count: Int
    private let state: Mutex<State>

    init(_ count: Int) {
        self.count = count
        state = Mutex(State(free: count))
    }

    /// How many slots are free, and how many requests wait for one.
    var figures: (free: Int, waiting: Int) { state.withLock { ($0.free, $0.waiting.count) } }

    /// Asks for a slot.
    ///
    /// - Parameter grant: called once the slot is there, when it has to be waited for; on any thread.
    /// - Returns: whether it is there.
    func take(_ grant: @escaping @Sendable () -> Void) -> Answer {
        state.withLock { state in
            if state.free > 0 {
                state.free -= 1
                return .granted
            }
            guard state.waiting.count < count else { return .refused }
            state.next += 1
            state.waiting.append((state.next, grant))
            return .waiting(state.next)
        }
    }

    /// Waits no more.
    ///
    /// Answers false when the slot is already on its way: it has to be given back when it comes.
    func withdraw(_ number: Int) -> Bool {
        state.withLock { state in
            guard let index = state.waiting.firstIndex(where: { $0.number == number }) else { return false }
            state.waiting.remove(at: index)
            return true
        }
    }

    /// Gives a slot back.
    func giveBack() {
        let grant: (@Sendable () -> Void)? = state.withLock { state in
            if let first = state.waiting.popFirst() { return first.grant }
            state.free += 1
            return nil
        }
        grant?()
    }
}
