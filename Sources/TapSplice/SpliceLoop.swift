import CTapSystem
import Glibc
import Synchronization
import TapRelay
import Taproom

/// A thread that serves many pairs of connections.
final class SpliceLoop: @unchecked Sendable {
    // Sendable because all that changes is used on its own thread only, but for the inbox, which has a lock.

    /// What is watched, in the lowest bits of a token; above them is the slot.
    enum Watched: UInt64 {
        case client, target, door, waker
    }

    /// As much as is read at once.
    private static let bufferBytes = 256 << 10
    private static let mostHappenings = 256

    /// What is read goes through here; only what can't be written at once is kept elsewhere.
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferBytes, alignment: 4096)
    let pipes = SplicePipes()
    /// The time when the last things happened, in nanoseconds from some moment on.
    private(set) var now: Int64 = 0
    private let poll: CInt
    private let waker: CInt
    private let inbox = Mutex<[@Sendable (SpliceLoop) -> Void]>([])
    private var pairs: [SplicePair?] = []
    private var freeSlots: [Int] = []
    private var released: [Int] = []
    private var queued: [SplicePair] = []
    private var doors: [SpliceDoor?] = []
    private var look = SpliceLoop.usualLook
    private var nextLook: Int64 = .max

    private static let usualLook: Int64 = 1_000_000_000
    private static let made = Mutex<[SpliceLoop]>([])

    /// The loops of this process, which all services share: one for each processor it may use, made with the first call.
    ///
    /// Throws ``Taproom/SystemCallError``.
    static func shared() throws(SystemCallError) -> [SpliceLoop] {
        try made.withLock { made throws(SystemCallError) in
            while made.count < max(Int(tap_processors()), 1) { made.append(try SpliceLoop()) }
            return made
        }
    }

    /// Makes what the thread needs, and starts it.
    ///
    /// Throws ``Taproom/SystemCallError``.
    private init() throws(SystemCallError) {
        poll = tap_watch()
        waker = tap_waker()
        guard poll >= 0, waker >= 0, tap_watch_stream(poll, waker, Watched.waker.rawValue, 0) == 0 else {
            throw SystemCallError("watch sockets")
        }
        try startThread { self.run() }
    }

    deinit {
        buffer.deallocate()
        close(poll)
        close(waker)
    }

    // MARK: From other threads

    /// Has something done on the loop's thread.
    func execute(_ body: @escaping @Sendable (SpliceLoop) -> Void) {
        inbox.withLock { $0.append(body) }
        var one: UInt64 = 1
        _ = write(waker, &one, 8)
    }

    // MARK: On the thread

    private func run() {
        var happenings = [tap_happening](repeating: tap_happening(), count: Self.mostHappenings)
        while true {
            let count = tap_watch_wait(poll, &happenings, CInt(happenings.count), timeout)
            now = Self.time
            for index in 0..<max(Int(count), 0) { handle(happenings[index]) }
            serveQueue()
            if now >= nextLook { lookAround() }
            for slot in released {
                pairs[slot] = nil
                freeSlots.append(slot)
            }
            released.removeAll(keepingCapacity: true)
        }
    }

    private static var time: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    private var timeout: CInt {
        if !queued.isEmpty { return 0 }
        guard nextLook != .max else { return -1 }
        return CInt(clamping: max(nextLook - Self.time, 0) / 1_000_000 + 1)
    }

    private func handle(_ happening: tap_happening) {
        let slot = Int(happening.token >> 2)
        switch Watched(rawValue: happening.token & 3) {
        case .client: pairs[slot]?.happened(happening, on: .client)
        case .target: pairs[slot]?.happened(happening, on: .target)
        case .door: doors[slot]?.accept(self)
        case .waker, nil:
            var count: UInt64 = 0
            _ = read(waker, &count, 8)
            let bodies = inbox.withLock { bodies in
                defer { bodies = [] }
                return bodies
            }
            for body in bodies { body(self) }
        }
    }

    private func serveQueue() {
        let pairs = queued
        queued.removeAll(keepingCapacity: true)
        for pair in pairs {
            pair.isQueued = false
            pair.move()
        }
    }

    private func lookAround() {
        (look, nextLook) = (Self.usualLook, .max)
        for pair in pairs { pair?.look() }
        for door in doors { if let door, door.isPaused { door.accept(self) } }
    }

    /// Has it looked around within a time, in nanoseconds; who still waits for something then asks again.
    func lookWithin(_ time: Int64) {
        look = min(look, time)
        nextLook = min(nextLook, now + look)
    }

    /// Watches a socket of a pair.
    func watch(_ file: CInt, _ slot: Int, _ watched: Watched) -> Bool {
        tap_watch_stream(poll, file, UInt64(slot) << 2 | watched.rawValue, 0) == 0
    }

    /// Watches a socket of a pair no more, which stays open.
    func forget(_ file: CInt) { _ = tap_watch_forget(poll, file) }

    /// Has a pair go on when others had their turn.
    func queue(_ pair: SplicePair) {
        guard !pair.isQueued else { return }
        pair.isQueued = true
        queued.append(pair)
    }

    /// Forgets a pair, when all that has happened at once is done.
    func release(_ pair: SplicePair) { released.append(pair.slot) }

    /// Begins with the connection of a client.
    func begin(_ file: CInt, _ role: SplicePair.Role, _ limits: SpliceLimits, at door: SpliceDoor, _ server: SpliceServer)
    {
        let slot = freeSlots.popLast() ?? pairs.count
        if slot == pairs.count { pairs.append(nil) }
        let pair = SplicePair(file, slot, self, role, limits, server) { [figures = door.figures] in
            server.closed(figures)
        }
        pairs[slot] = pair
        lookWithin(limits.look)
        pair.start(isTCP: door.isTCP)
    }

    // MARK: Doors

    /// Accepts connections of a door, from now on.
    func open(_ door: SpliceDoor) {
        door.number = doors.firstIndex { $0 == nil } ?? doors.count
        if door.number == doors.count { doors.append(door) } else { doors[door.number] = door }
        resume(door)
    }

    /// Watches a door for connections.
    func resume(_ door: SpliceDoor) {
        let token = UInt64(door.number) << 2 | Watched.door.rawValue
        door.isWatched = tap_watch_stream(poll, door.file, token, 1) == 0
    }

    /// Watches a door no more.
    func pause(_ door: SpliceDoor) {
        if door.isWatched { _ = tap_watch_forget(poll, door.file) }
        door.isWatched = false
    }

    /// Watches a door again that had no room.
    func roomIsThere(_ number: Int) { if let door = doors[number], !door.isWatched, !door.isPaused { resume(door) } }

    // MARK: The end of a service

    /// Accepts nothing any more for a service.
    func shutDoors(of server: SpliceServer) {
        for (number, door) in doors.enumerated() {
            guard let door, door.server === server else { continue }
            pause(door)
            doors[number] = nil
        }
    }

    /// Closes the connections of a service that go nowhere yet, and the others some time later; nil: not.
    func closeSoon(_ grace: Duration?, of server: SpliceServer) {
        guard let grace else { return }
        for pair in pairs { if let pair, pair.server === server { pair.closeSoon(now + grace.nanoseconds) } }
    }

    /// Closes all connections of a service.
    func closeAll(of server: SpliceServer) {
        for pair in pairs { if let pair, pair.server === server { pair.close(.closed) } }
    }
}

extension Duration {
    fileprivate var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}
