import Synchronization

/// How many programs run at once, for all entries of a service together.
final class ProgramBudget: Sendable {
    private struct State {
        var free: Int
        var waiting: [@Sendable () -> Void] = []
    }

    private let state: Mutex<State>

    init(_ count: Int) { state = Mutex(State(free: count)) }

    /// Takes a place.
    ///
    /// Answers false when there is none; `later` is called then when there may be one, on any thread.
    func take(orWait later: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            guard state.free > 0 else {
                state.waiting.append(later)
                return false
            }
            state.free -= 1
            return true
        }
    }

    /// Gives a place back.
    func giveBack() {
        let waiting = state.withLock { state in
            state.free += 1
            defer { state.waiting = [] }
            return state.waiting
        }
        for resume in waiting { resume() }
    }
}
