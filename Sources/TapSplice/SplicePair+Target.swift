import CTapSystem
import Glibc
import TapRelay
import Taproom

/// How a pair gets to its target.
extension SplicePair {
    /// How soon it is tried again to connect to a unix socket whose queue is full, in nanoseconds.
    private static let retry: Int64 = 10_000_000

    /// Watches the client's connection, and listens to the client or looks for a target.
    func start(isTCP: Bool) {
        if isTCP { client.sendAtOnce() }
        guard loop.watch(client.file, slot, .client) else { return close(.closed) }
        guard talker != nil else { return seek() }
        state = .talking(deadline: loop.now + limits.talk)
    }

    /// Hears what the client says, and answers, until it is clear what comes next.
    func talk() {
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

    func seek() {
        guard let target = owner?.nextTarget() else {
            if let talker { say(talker.farewell) } else { close(.closed) }
            return
        }
        connect(target, next: 0, deadline: loop.now + limits.connect)
    }

    func connect(_ wanted: SpliceTarget, next: Int, deadline: Int64) {
        let name = wanted.names[next]
        target?.close()
        let file = tap_socket(name.family, CInt(SOCK_STREAM.rawValue))
        guard file >= 0 else {
            let code = errno
            guard let talker else { return close(.failed(.target, SystemCallError("pass on", code: code).reason)) }
            talker.targetFailed(code)
            return say(talker.farewell)
        }
        let end = SpliceEnd(file)
        target = end
        state = .connecting(wanted, next: next, deadline: deadline)
        if name.family != AF_UNIX { end.sendAtOnce() }
        let isMade = name.withPointer { Glibc.connect(file, $0, $1) } == 0
        if !isMade, errno == EAGAIN, name.family == AF_UNIX {
            // The queue of a unix socket is full, and nothing tells when it is not.
            end.close()
            return loop.lookWithin(Self.retry)
        }
        guard isMade || errno == EINPROGRESS else { return connectionFailed(errno) }
        guard loop.watch(file, slot, .target) else { return close(.closed) }
        if isMade { join(end, wanted) }
    }

    func connectionFailed(_ code: CInt) {
        guard case .connecting(let wanted, let next, _) = state else { return }
        if next + 1 < wanted.names.count {
            return connect(wanted, next: next + 1, deadline: loop.now + limits.connect)
        }
        target?.close()
        owner?.targetFailed(code)
        seek()
    }

    func join(_ end: SpliceEnd, _ target: SpliceTarget) {
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
}
