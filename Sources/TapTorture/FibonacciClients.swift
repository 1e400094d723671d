import Glibc
import TapTesting

/// Some clients of a server that gives each connection a number, all at once, in one thread.
struct FibonacciClients {
    private let port: UInt16
    private var sockets: [pollfd] = []
    private var received: [[UInt8]] = []
    /// The numbers that were given completely.
    private(set) var numbers: [String] = []

    /// Connects a number of clients.
    init(port: UInt16, count: Int) {
        self.port = port
        for _ in 0..<count {
            sockets.append(pollfd(fd: Loopback.connect(port), events: Int16(POLLIN), revents: 0))
            received.append([])
        }
    }

    /// Takes numbers; whoever has one connects anew for the next.
    ///
    /// Until a moment, or until all connections are at their end when the server is no more.
    mutating func run(until deadline: ContinuousClock.Instant, isServerGone: Bool = false) {
        while true {
            let left = deadline - .now
            guard left > .zero, sockets.contains(where: { $0.fd >= 0 }) else { return }
            guard poll(&sockets, nfds_t(sockets.count), CInt(left / .milliseconds(1)) + 1) > 0 else { continue }
            for index in sockets.indices where sockets[index].fd >= 0 && sockets[index].revents != 0 {
                read(index, isServerGone: isServerGone)
            }
        }
    }

    private mutating func read(_ index: Int, isServerGone: Bool) {
        let count = withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) { space in
            let count = recv(sockets[index].fd, space.baseAddress, space.count, 0)
            if count > 0 { received[index] += space[..<count] }
            return count
        }
        guard count <= 0 else { return }
        if received[index].last == UInt8(ascii: "\n") {
            numbers.append(String(decoding: received[index].dropLast(), as: UTF8.self))
        }
        received[index] = []
        close(sockets[index].fd)
        sockets[index].fd = isServerGone ? -1 : Loopback.connect(port)
    }

    /// Ends all connections.
    mutating func disconnect() {
        for index in sockets.indices where sockets[index].fd >= 0 {
            close(sockets[index].fd)
            sockets[index].fd = -1
        }
    }
}
