import Synchronization

/// Tells everybody who listens what is new; those who listen too slowly miss the oldest of a hundred pieces.
public final class Broadcast<Piece: Sendable>: Sendable {
    private let listeners = Mutex<[Int: AsyncStream<Piece>.Continuation]>([:])
    private let lastNumber = Atomic(0)

    /// A broadcast that nobody listens to yet.
    public init() {}

    /// Tells a piece of news to all who listen now.
    public func tell(_ piece: Piece) {
        for listener in listeners.withLock({ Array($0.values) }) { listener.yield(piece) }
    }

    /// What is told from now on.
    ///
    /// Who no longer iterates over it is forgotten.
    public func listen() -> AsyncStream<Piece> {
        let (pieces, listener) = AsyncStream.makeStream(of: Piece.self, bufferingPolicy: .bufferingNewest(100))
        let number = lastNumber.add(1, ordering: .relaxed).newValue
        listeners.withLock { $0[number] = listener }
        listener.onTermination = { [weak self] _ in _ = self?.listeners.withLock { $0.removeValue(forKey: number) } }
        return pieces
    }
}
