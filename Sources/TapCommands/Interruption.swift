import Synchronization

/// The word that something that goes on for ever is to end.
final class Interruption: Sendable {
    private let state = Mutex<(isInterrupted: Bool, actions: [@Sendable () -> Void])>((false, []))

    /// Has it end.
    func interrupt() {
        let actions = state.withLock { state in
            defer { state = (true, []) }
            return state.actions
        }
        for action in actions { action() }
    }

    /// Does something at the interruption; at once if it has been.
    func onInterrupt(_ action: @escaping @Sendable () -> Void) {
        let isInterrupted = state.withLock { state in
            if !state.isInterrupted { state.actions.append(action) }
            return state.isInterrupted
        }
        if isInterrupted { action() }
    }
}
