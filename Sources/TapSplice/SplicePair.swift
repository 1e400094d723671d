import CTapSystem
import Glibc
import TapRelay
import Taproom

/// A client's connection and the one to its target.
///
/// Used on the thread of its loop only.
final class SplicePair {
    /// How much one direction moves before others get their turn.
    private static let roundsAtOnce = 8
    /// After so many reads in a row that filled the buffer the kernel moves the bytes itself.
    private static let fullReadsBeforeSplicing = 4
    /// How long a client that still sends may take to see that nobody reads it any more, in nanoseconds.
    private static let lingering: Int64 = 2_000_000_000

    /// Who decides about the connection.
    enum Role {
        case passing(any SpliceClient)
        case talking(any SpliceTalker)
    }

    private enum State {
        case talking(deadline: Int64)
        case connecting(SpliceTarget, next: Int, deadline: Int64)
        case joined
        /// One side is gone after all it had to say; the other is sent the rest, and has some time from then on.
        case lingering(until: Int64?)
        case closed
    }

    let slot: Int
    let server: SpliceServer
    private unowned let loop: SpliceLoop
    private let limits: SpliceLimits
    private var owner: (any SpliceClient)?
    private var talker: (any SpliceTalker)?
    private let closed: @Sendable () -> Void
    private let client: SpliceEnd
    private var target: SpliceEnd?
    private var state = State.closed
    private var lastUse: Int64
    /// When it is closed at the latest.
    private var end = Int64.max
    /// Whether it is among those that go on without being told.
    var isQueued = false

    /// A pair without a target yet; `closed` is called when it is over.
    init(
        _ file: CInt, _ slot: Int, _ loop: SpliceLoop, _ role: Role, _ limits: SpliceLimits, _ server: SpliceServer,
        closed: @escaping @Sendable () -> Void
    ) {
        (self.slot, self.loop, self.limits, self.server, self.closed) = (slot, loop, limits, server, closed)
        client = SpliceEnd(file)
        lastUse = loop.now
        switch role {
        case .passing(let owner): self.owner = owner
        case .talking(let talker): (owner, self.talker) = (talker, talker)
        }
    }

    // MARK: The target

    /// Watches the client's connection, and listens to the client or looks for a target.
    func start(isTCP: Bool) {
        if isTCP { client.sendAtOnce() }
        guard loop.watch(client.file, slot, .client) else { return close(.closed) }
        guard talker != nil else { return seek() }
        state = .talking(deadline: loop.now + limits.talk)
    }

    /// Hears what the client says, and answers, until it is clear what comes next.
    private func talk() {
        guard let talker else { return }
        while true {
            if client.hasWaiting {
                guard let isDone = client.writeWaiting() else { return close(.closed) }
                guard isDone else { return }
            }
            guard client.canRead else { return }
            let count = recv(client.file, loop.buffer.baseAddress, loop.buffer.count, 0)
            if count < 0, errno == EAGAIN {
                client.canRead = false
                return
            }
            guard count > 0 else { return close(.closed) }
            if !client.readsToTheEnd { client.canRead = false }
            let answer = talker.said(UnsafeRawBufferPointer(start: loop.buffer.baseAddress, count: count))
            client.keep(answer.reply)
            switch answer.next {
            case .listen: continue
            case .connect: return seek()
            case .end: return say([])
            case .leave(let take): return leave(take)
            }
        }
    }

    /// Says a last word, and closes when it has arrived.
    private func say(_ word: [UInt8]) {
        client.keep(word)
        state = .lingering(until: nil)
        linger()
    }

    private func leave(_ take: (CInt, @escaping @Sendable () -> Void) -> Void) {
        loop.forget(client.file)
        (state, owner, talker) = (.closed, nil, nil)
        loop.release(self)
        take(client.release(), closed)
    }

    private func seek() {
        guard let target = owner?.nextTarget() else {
            if let talker { say(talker.farewell) } else { close(.closed) }
            return
        }
        connect(target, next: 0)
    }

    private func connect(_ target: SpliceTarget, next: Int) {
        let name = target.names[next]
        self.target?.close()
        let file = tap_socket(name.family, CInt(SOCK_STREAM.rawValue))
        guard file >= 0 else {
            let code = errno
            guard let talker else { return close(.failed(.target, SystemCallError("pass on", code: code).reason)) }
            talker.targetFailed(code)
            return say(talker.farewell)
        }
        let end = SpliceEnd(file)
        self.target = end
        state = .connecting(target, next: next, deadline: loop.now + limits.connect)
        if name.family != AF_UNIX { end.sendAtOnce() }
        let isMade = name.withPointer { Glibc.connect(file, $0, $1) } == 0
        guard isMade || errno == EINPROGRESS else { return connectionFailed(errno) }
        guard loop.watch(file, slot, .target) else { return close(.closed) }
        if isMade { join(end, target) }
    }

    private func connectionFailed(_ code: CInt) {
        guard case .connecting(let wanted, let next, _) = state else { return }
        if next + 1 < wanted.names.count { return connect(wanted, next: next + 1) }
        target?.close()
        owner?.targetFailed(code)
        seek()
    }

    private func join(_ end: SpliceEnd, _ target: SpliceTarget) {
        state = .joined
        (client.canWrite, end.canWrite) = (true, true)
        lastUse = loop.now
        end.keep(target.greeting)
        owner?.targetConnected()
        if let talker { client.keep(talker.greeting(end.file)) }
        // Most clients have said something by now.
        client.canRead = true
        move()
    }

    // MARK: What has happened

    func happened(_ happening: tap_happening, on side: RelaySide) {
        guard let end = side == .client ? client : target, end.isOpen else { return }
        if happening.isReadable != 0 { end.canRead = true }
        if happening.isWritable != 0 { end.canWrite = true }
        if happening.isHungUp != 0 { (end.isHungUp, end.readsToTheEnd) = (true, true) }
        if happening.isUrgent != 0 { end.readsToTheEnd = true }
        switch state {
        case .talking: talk()
        case .connecting(let target, _, _):
            if side == .target {
                guard happening.isWritable != 0 else { return }
                let code = end.error
                if code == 0 { join(end, target) } else { connectionFailed(code) }
            } else if end.isHungUp, end.error != 0 {
                close(.failed(.client, "the connection was closed"))
            }
        case .joined, .lingering: move()
        case .closed: break
        }
    }

    /// Moves what can be moved.
    func move() {
        guard let target, client.isOpen, target.isOpen else { return linger() }
        move(from: client, to: target, .client)
        if case .joined = state { move(from: target, to: client, .target) }
        if case .joined = state, client.isOutputEnded, target.isOutputEnded { close(.finished) }
    }

    private func move(from: SpliceEnd, to: SpliceEnd, _ side: RelaySide) {
        for _ in 0..<Self.roundsAtOnce {
            guard to.isOpen else { return }
            if to.hasWaiting {
                guard to.canWrite else { return }
                guard let isDone = to.writeWaiting() else { return refused(to, side.other, from) }
                guard isDone else { return }
                giveBackPipe(of: to)
                lastUse = loop.now
            }
            if from.hasEnded { return to.endOutput(isLast: to.hasEnded && from.isOutputEnded) }
            guard from.canRead, to.canWrite, step(from, to, side) else { return }
        }
        loop.queue(self)
    }

    /// Reads once and writes it; false when there is nothing more to do for now.
    private func step(_ from: SpliceEnd, _ to: SpliceEnd, _ side: RelaySide) -> Bool {
        if from.fullReads >= Self.fullReadsBeforeSplicing, let count = splice(from, to, side) {
            return took(count, from, to, side, isFull: true)
        }
        let buffer = loop.buffer
        let count = recv(from.file, buffer.baseAddress, buffer.count, 0)
        guard count > 0 else { return took(count, from, to, side, isFull: false) }
        let isFull = count == buffer.count
        from.fullReads = isFull ? from.fullReads + 1 : 0
        owner?.passed(count, from: side)
        let sent = send(to.file, buffer.baseAddress, count, CInt(MSG_NOSIGNAL))
        if sent < 0, errno != EAGAIN {
            refused(to, side.other, from)
            return false
        }
        if sent < count {
            to.canWrite = false
            to.keep(UnsafeRawBufferPointer(buffer)[max(sent, 0)..<count])
        }
        return took(count, from, to, side, isFull: isFull)
    }

    /// Has the kernel move bytes into the pipe in front of an end, from where they go on; nil: it can't.
    private func splice(_ from: SpliceEnd, _ to: SpliceEnd, _ side: RelaySide) -> Int? {
        guard let pipe = loop.pipes.take(loop.now) else { return nil }
        let count = tap_splice(from.file, pipe.input, SplicePipe.bytes)
        guard count > 0 else {
            let code = errno
            loop.pipes.giveBack(pipe)
            errno = code
            return count < 0 && code == EINVAL ? nil : count
        }
        (to.pipe, to.piped) = (pipe, count)
        owner?.passed(count, from: side)
        return count
    }

    private func giveBackPipe(of end: SpliceEnd) {
        guard let pipe = end.pipe, end.piped == 0 else { return }
        loop.pipes.giveBack(pipe)
        end.pipe = nil
    }

    private func took(_ count: Int, _ from: SpliceEnd, _ to: SpliceEnd, _ side: RelaySide, isFull: Bool) -> Bool {
        if count > 0 {
            lastUse = loop.now
            // Less than there was room for: there is nothing more, or only the end.
            if !isFull, !from.readsToTheEnd { from.canRead = false }
            return true
        }
        if count == 0 {
            from.hasEnded = true
            return true
        }
        if errno == EAGAIN {
            (from.canRead, from.fullReads) = (false, 0)
        } else {
            gone(from, side, to, errno)
        }
        return false
    }

    // MARK: The end

    /// A side takes nothing any more: what had come from it before is still passed on.
    private func refused(_ end: SpliceEnd, _ side: RelaySide, _ other: SpliceEnd) {
        let code = errno
        var count = 0
        while !end.hasEnded {
            count = recv(end.file, loop.buffer.baseAddress, loop.buffer.count, 0)
            guard count > 0 else {
                // The end of a stream and a connection that was cut look alike to who reads, but not to who writes.
                end.hasEnded = count == 0 && code == EPIPE
                break
            }
            owner?.passed(count, from: side)
            other.keep(UnsafeRawBufferPointer(loop.buffer)[..<count])
        }
        gone(end, side, other, code)
    }

    /// A side is gone: the other is sent the rest when its stream was complete, and is cut off otherwise.
    private func gone(_ end: SpliceEnd, _ side: RelaySide, _ other: SpliceEnd, _ code: CInt) {
        end.close()
        guard end.hasEnded else {
            other.reset()
            return close(.failed(side, SystemCallError("pass on", code: code).reason))
        }
        state = .lingering(until: nil)
        linger()
    }

    /// Sends the rest to the side that is there, and reads what nobody takes any more: the system would tell that side that it
    /// was cut off otherwise.
    private func linger() {
        guard case .lingering(let until) = state, let end = client.isOpen ? client : target, end.isOpen else { return }
        if end.hasWaiting {
            guard end.canWrite else { return }
            guard let isDone = end.writeWaiting() else { return close(.finished) }
            lastUse = loop.now
            guard isDone else { return }
            giveBackPipe(of: end)
        }
        end.endOutput()
        if until == nil { state = .lingering(until: loop.now + Self.lingering) }
        for _ in 0..<Self.roundsAtOnce {
            let count = recv(end.file, loop.buffer.baseAddress, loop.buffer.count, 0)
            if count < 0, errno == EAGAIN { return }
            guard count > 0 else { return close(.finished) }
        }
        loop.queue(self)
    }

    /// Looks whether something has taken too long.
    func look() {
        loop.lookWithin(limits.look)
        if loop.now >= end { return close(.closed) }
        switch state {
        case .talking(let deadline): if loop.now >= deadline { close(.idle) }
        case .connecting(_, _, let deadline): if loop.now >= deadline { connectionFailed(ETIMEDOUT) }
        case .joined, .lingering(until: nil): if loop.now - lastUse >= limits.idle { close(.idle) }
        case .lingering(let until?): if loop.now >= until { close(.finished) }
        case .closed: break
        }
    }

    /// Closes a connection that goes nowhere yet, and others at a moment.
    func closeSoon(_ moment: Int64) {
        switch state {
        case .talking, .connecting: close(.closed)
        case .joined, .lingering, .closed: end = moment
        }
    }

    /// Closes both connections.
    func close(_ ending: RelayEnding) {
        guard owner != nil else { return }
        state = .closed
        client.close()
        target?.close()
        let owner = owner
        (self.owner, talker) = (nil, nil)
        owner?.ended(ending)
        closed()
        loop.release(self)
    }
}

extension RelaySide {
    fileprivate var other: RelaySide { self == .client ? .target : .client }
}
