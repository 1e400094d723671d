import Synchronization

/// Has a program wait until the one whose place it takes has ended: of one service two never run at once.
final class ProgramTurns: Sendable {
    /// What those have in common who wait for each other.
    struct Turn: Hashable, Sendable {
        private let identity: ObjectIdentifier

        /// A turn of all who share an object.
        init(_ shared: some AnyObject) { identity = ObjectIdentifier(shared) }
    }

    /// The turns of this process.
    static let shared = ProgramTurns()

    /// Who waits for a turn that is taken.
    private let waiting = Mutex<[Turn: [CheckedContinuation<Void, Never>]]>([:])

    /// Waits for a turn, in the order of coming.
    func take(_ turn: Turn) async {
        await withCheckedContinuation { continuation in
            let isFree = waiting.withLock { waiting in
                guard waiting[turn] != nil else {
                    waiting[turn] = []
                    return true
                }
                waiting[turn]?.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    /// Gives a turn to the next.
    func giveBack(_ turn: Turn) {
        let next: CheckedContinuation<Void, Never>? = waiting.withLock { waiting in
            guard let first = waiting[turn]?.first else {
                waiting[turn] = nil
                return nil
            }
            waiting[turn]?.removeFirst()
            return first
        }
        next?.resume()
    }
}
