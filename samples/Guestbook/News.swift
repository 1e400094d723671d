import Synchronization

/// Tells everybody who listens what is new; those who listen too slowly miss the oldest of a hundred pieces.
final class News<Piece: Sendable>: Sendable {
    private let listeners = Mutex<[Int: AsyncStream<Piece>.Continuation]>([:])
    private let lastNumber = Atomic(0)

    func tell(_ piece: Piece) {
        for listener in listeners.withLock({ Array($0.values) }) { listener.yield(piece) }
    }

    /// What is told from now on.
    func listen() -> AsyncStream<Piece> {
        let (pieces, listener) = AsyncStream.makeStream(of: Piece.self, bufferingPolicy: .bufferingNewest(100))
        let number = lastNumber.add(1, ordering: .relaxed).newValue
        listeners.withLock { $0[number] = listener }
        listener.onTermination = { [weak self] _ in _ = self?.listeners.withLock { $0.removeValue(forKey: number) } }
        return pieces
    }
}
