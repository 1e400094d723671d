import NIOCore
import Synchronization

/// The connections of one server, from any thread.
final class OpenConnections: Sendable {
    private struct Contents {
        var channels: [ObjectIdentifier: any Channel] = [:]
        /// Connections that are on their way to their event loops.
        var expected: Set<Int> = []
        var nextExpected = 0
        var isQuiescing = false
        var isClosing = false
        var waiting: CheckedContinuation<Void, Never>?

        /// Who waits for the end, if it has come.
        mutating func takeWaiting() -> CheckedContinuation<Void, Never>? {
            guard channels.isEmpty, expected.isEmpty else { return nil }
            defer { waiting = nil }
            return waiting
        }
    }

    private let contents = Mutex(Contents())

    /// Counts a connection that will be added, or given up.
    func expect() -> Int {
        contents.withLock { contents in
            contents.nextExpected += 1
            contents.expected.insert(contents.nextExpected)
            return contents.nextExpected
        }
    }

    /// Expects a connection no more; false when it was added.
    func giveUp(_ number: Int) -> Bool {
        let (isExpected, waiting) = contents.withLock { contents in
            (contents.expected.remove(number) != nil, contents.takeWaiting())
        }
        waiting?.resume()
        return isExpected
    }

    /// Adds a connection; `closed` is called when it is closed.
    func add(_ channel: any Channel, expected number: Int? = nil, closed: @escaping @Sendable () -> Void) {
        let (isQuiescing, isClosing) = contents.withLock { contents in
            contents.channels[ObjectIdentifier(channel)] = channel
            if let number { contents.expected.remove(number) }
            return (contents.isQuiescing, contents.isClosing)
        }
        channel.closeFuture.whenComplete { [self] _ in
            closed()
            remove(channel)
        }
        // Its handlers are there in the next turn of its event loop.
        if isClosing {
            channel.eventLoop.execute { channel.close(promise: nil) }
        } else if isQuiescing {
            channel.eventLoop.execute { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
        }
    }

    private func remove(_ channel: any Channel) {
        let waiting = contents.withLock { contents in
            contents.channels[ObjectIdentifier(channel)] = nil
            return contents.takeWaiting()
        }
        waiting?.resume()
    }

    /// Tells all connections, also those that come still, to come to their end.
    func quiesce() {
        let channels = contents.withLock { contents in
            contents.isQuiescing = true
            return Array(contents.channels.values)
        }
        for channel in channels { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
    }

    /// Closes all connections, also those that come still.
    func close() {
        let channels = contents.withLock { contents in
            contents.isClosing = true
            return Array(contents.channels.values)
        }
        for channel in channels { channel.close(promise: nil) }
    }

    /// Waits until there is none.
    func allClosed() async {
        await withCheckedContinuation { continuation in
            let isDone = contents.withLock { contents in
                guard contents.channels.isEmpty, contents.expected.isEmpty else {
                    contents.waiting = continuation
                    return false
                }
                return true
            }
            if isDone { continuation.resume() }
        }
    }
}
