package import NIOCore

/// Joins the connection of a client with one to a target, and passes on whatever comes from either until both have ended.
///
/// A side is read only while the other takes what it gets, so that little waits in memory. The end of one stream is passed on
/// and the other goes on, as TCP has it. A side that is cut off cuts the other off as well: nobody shall take half a stream for
/// a whole one. Both connections are on the same event loop, and so is everything that is called here.
package final class Relay {
    /// How long a client that still sends may take to see that nobody reads it any more.
    static let lingering = TimeAmount.seconds(2)

    private let client: RelayEnd
    private var target: RelayEnd?
    private let loop: any EventLoop
    private let idle: TimeAmount
    private var record: (any RelayRecord)?
    private var ending: RelayEnding?
    private var timer: Scheduled<Void>?
    private var lastProgress = NIODeadline.now()
    /// What was not yet taken when the timer was set; less or more of it is progress too.
    private var waiting = 0

    /// Takes the connection of a client over: nothing of it is read on until a target has joined.
    ///
    /// What comes nevertheless, with the end of its stream, is kept for the target.
    ///
    /// - Parameters:
    ///   - channel: the connection, on whose event loop this is called.
    ///   - idle: how long nothing may come from either side.
    ///   - record: what hears of it.
    /// - Throws: what NIO does when the channel is gone.
    package init(client channel: any Channel, idle: TimeAmount, record: any RelayRecord) throws {
        (loop, self.idle, self.record) = (channel.eventLoop, idle, record)
        client = RelayEnd(.client)
        try client.install(in: channel)
        client.relay = self
    }

    /// Joins a client and a target.
    ///
    /// - Parameters:
    ///   - client: the client's connection, on whose event loop this is called.
    ///   - target: the other one, as ``Connector`` makes it, on the same event loop.
    ///   - idle: how long nothing may come from either side.
    ///   - record: what hears of it.
    /// - Throws: what NIO does when the client's channel is gone.
    package static func join(
        _ client: any Channel, _ target: any Channel, idle: TimeAmount, record: any RelayRecord
    ) throws {
        try Relay(client: client, idle: idle, record: record).join(target)
    }

    /// Whether the client is still there.
    package var isOpen: Bool { client.isOpen }

    /// Whether a target has joined.
    package var hasJoined: Bool { target != nil }

    /// Begins with a target, first of all with what the client has sent already.
    package func join(_ channel: any Channel) {
        guard client.isOpen else {
            channel.close(promise: nil)
            return
        }
        do {
            let pipeline = channel.pipeline.syncOperations
            let target = try? pipeline.handler(type: RelayEnd.self)
            let end = target ?? RelayEnd(.target)
            if target == nil { try end.install(in: channel) }
            self.target = end
            end.relay = self
            (client.peer, end.peer) = (end, client)
            lastProgress = .now()
            arm(idle)
            client.begin()
            end.begin()
        } catch {
            channel.close(promise: nil)
            close()
        }
    }

    /// Closes both connections at once.
    package func close() {
        if ending == nil { ending = .closed }
        client.close()
        target?.close()
    }

    // MARK: What the ends tell

    func passed(_ bytes: Int, from side: RelaySide) { record?.passed(bytes, from: side) }

    func noteProgress() { lastProgress = .now() }

    /// The other end of one that is gone goes as well: after what it still has to send when the stream was complete, and at
    /// once otherwise.
    func gone(_ end: RelayEnd) {
        if !end.hasEnded, ending == nil {
            ending = .failed(end.side, end.problem ?? "the connection was closed")
        }
        guard let peer = end.peer ?? target else {
            finish()
            return
        }
        if !peer.isOpen {
            finish()
        } else if ending == .closed || ending == .idle {
            peer.close()
        } else if end.hasEnded {
            peer.drain()
        } else {
            peer.reset()
        }
    }

    private func finish() {
        timer?.cancel()
        timer = nil
        let record = record
        self.record = nil
        record?.ended(ending ?? .finished)
        client.peer = nil
        target?.peer = nil
        client.relay = nil
        target?.relay = nil
    }

    // MARK: Time

    private func arm(_ time: TimeAmount) {
        waiting = client.waitingBytes + (target?.waitingBytes ?? 0)
        timer = loop.assumeIsolated().scheduleTask(in: time) { [self] in timeIsUp() }
    }

    private func timeIsUp() {
        let now = NIODeadline.now()
        let waiting = client.waitingBytes + (target?.waitingBytes ?? 0)
        if waiting != self.waiting { lastProgress = now }
        let deadline = lastProgress + idle
        guard now >= deadline else { return arm(deadline - now) }
        if ending == nil { ending = .idle }
        client.close()
        target?.close()
    }
}
