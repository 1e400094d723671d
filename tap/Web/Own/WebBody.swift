/// The body of a request, piece by piece as it comes.
///
///     for try await piece in request.body { … }
///
/// A handler that is slow makes the client wait. It can be read once. Reading throws a ``WebFailure`` with 413 when the body is
/// longer than the route allows, and `CancellationError` when the client goes.
public struct WebBody: AsyncSequence, Sendable {
    /// A piece.
    public typealias Element = [UInt8]

    let inbox: Inbox<[UInt8]>

    /// Begins with the next piece that nobody has read.
    public func makeAsyncIterator() -> Iterator { Iterator(inbox: inbox) }

    /// The place in a body.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let inbox: Inbox<[UInt8]>

        /// The next piece; nil at the end.
        ///
        /// Throws a ``WebFailure``, or `CancellationError`.
        public func next() async throws -> [UInt8]? { try await inbox.next() }
    }

    /// All of it, which is never longer than the route allows.
    ///
    /// Throws a ``WebFailure``, or `CancellationError`.
    public func bytes() async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await piece in self { bytes += piece }
        return bytes
    }
}
