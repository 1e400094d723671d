import NIOCore
import Synchronization

/// Where a handler writes a body that is made while it is sent.
public struct WebWriter: Sendable {
    let outlet: Outlet

    /// Sends text, and returns when the client can take more.
    ///
    /// Throws `CancellationError` when the client is gone.
    public func write(_ text: String) async throws { try await outlet.send(ByteBuffer(string: text)) }

    /// Sends bytes, and returns when the client can take more.
    ///
    /// Throws `CancellationError` when the client is gone.
    public func write(_ bytes: [UInt8]) async throws { try await outlet.send(ByteBuffer(bytes: bytes)) }
}

/// Lets tasks send on an event loop, and waits with them until the client takes more.
final class Outlet: Sendable {
    private struct Contents {
        var stream: (any ResponseStream)?
        var waiting: [UInt64: CheckedContinuation<Void, any Error>] = [:]
        /// Those that were cancelled before they were here.
        var cancelled: Set<UInt64> = []
    }

    private let loop: any EventLoop
    private let contents: NIOLoopBoundBox<Contents>
    private let lastNumber = Atomic<UInt64>(0)

    /// Made on the event loop of the stream.
    init(_ stream: any ResponseStream) {
        loop = stream.eventLoop
        contents = NIOLoopBoundBox(Contents(stream: stream), eventLoop: stream.eventLoop)
    }

    /// Sends bytes as they are, and returns when the client can take more.
    ///
    /// Throws `CancellationError` when the client is gone, or the task is cancelled while it waits.
    func send(_ bytes: ByteBuffer) async throws {
        try Task.checkCancellation()
        let number = lastNumber.add(1, ordering: .relaxed).newValue
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                loop.execute { [self] in send(bytes, number, continuation) }
            }
        } onCancel: {
            loop.execute { [self] in cancel(number) }
        }
    }

    private func send(_ bytes: ByteBuffer, _ number: UInt64, _ continuation: CheckedContinuation<Void, any Error>) {
        guard contents.value.cancelled.remove(number) == nil, let stream = contents.value.stream else {
            continuation.resume(throwing: CancellationError())
            return
        }
        stream.send(bytes)
        stream.flush()
        // The client may have been found gone by that.
        if contents.value.stream == nil {
            continuation.resume(throwing: CancellationError())
        } else if stream.isWritable {
            continuation.resume()
        } else {
            contents.value.waiting[number] = continuation
        }
    }

    private func cancel(_ number: UInt64) {
        if let waiting = contents.value.waiting.removeValue(forKey: number) {
            waiting.resume(throwing: CancellationError())
        } else if contents.value.stream != nil {
            contents.value.cancelled.insert(number)
        }
    }

    /// The client takes more, or does not; called on the event loop.
    func writabilityChanged() {
        guard contents.value.stream?.isWritable == true else { return }
        for waiting in takeAll() { waiting.resume() }
    }

    /// Nothing more can be sent; called on the event loop.
    func close() {
        contents.value.stream = nil
        for waiting in takeAll() { waiting.resume(throwing: CancellationError()) }
    }

    private func takeAll() -> [CheckedContinuation<Void, any Error>] {
        defer { contents.value.waiting = [:] }
        return Array(contents.value.waiting.values)
    }
}
