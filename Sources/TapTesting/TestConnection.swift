import Dispatch
import Glibc

/// Something that a test expected and did not get.
public struct TestFailure: Error, CustomStringConvertible, Sendable {
    /// What happened, as a sentence.
    public let description: String

    /// A failure with its sentence.
    public init(_ description: String) { self.description = description }
}

/// A client's end of a connection, which sends exactly the bytes it is told.
///
/// To a UDP address it is a socket that is connected there: each call of `send` is a datagram.
/// Its calls wait for at most a minute, on a thread of their own: the service that is tested keeps all of Swift's.
/// The connection is closed when this goes away.
public final class TestConnection: Sendable {
    private let descriptor: CInt
    private let queue = DispatchQueue(label: "test connection")
    /// What was received and not yet taken; used on the queue only.
    nonisolated(unsafe) private var received: [UInt8] = []

    /// Connects.
    ///
    /// Throws ``TestFailure``.
    public init(to address: TestAddress) throws {
        let (family, name): (CInt, SocketName) =
            switch address {
            case .tcp(_, let port), .udp(_, let port): (AF_INET, .loopback(port: port))
            case .unix(let path): (AF_UNIX, .unix(path))
            }
        let type = if case .udp = address { SOCK_DGRAM } else { SOCK_STREAM }
        descriptor = socket(family, CInt(type.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        guard name.withPointer({ connect(descriptor, $0, $1) }) == 0 else {
            // What is initialised is also deinitialised, which closes the socket.
            throw TestFailure("cannot connect to \(address): error \(errno)")
        }
    }

    deinit { close(descriptor) }

    /// Sends text.
    public func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    /// Sends bytes.
    public func send(_ bytes: [UInt8]) async throws {
        try await offPool(queue) { [descriptor] in
            var rest = bytes[...]
            repeat {
                let count = rest.withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
                }
                guard count > 0 || rest.isEmpty && count == 0 else {
                    throw TestFailure("cannot send: error \(errno)")
                }
                rest = rest.dropFirst(count)
            } while !rest.isEmpty
        }
    }

    /// Ends this side: the server reads the end, and can still send.
    public func finishSending() async throws {
        try await offPool(queue) { [descriptor] in _ = shutdown(descriptor, CInt(SHUT_WR)) }
    }

    /// Destroys the connection at once, with all that is on its way, as a program that crashes does.
    public func abort() async throws {
        try await offPool(queue) { [descriptor] in
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
            // The number stays taken until this goes away, so that no other file can get it.
            let other = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            dup2(other, descriptor)
            close(other)
        }
    }

    /// Receives an exact number of bytes.
    public func receive(count: Int) async throws -> [UInt8] {
        try await offPool(queue) { [self] in
            while received.count < count { guard try fill() else { throw TestFailure("the connection ended early") } }
            return take(count)
        }
    }

    /// Receives up to and including some text.
    public func receive(through end: String) async throws -> String {
        let end = Array(end.utf8)
        let bytes = try await offPool(queue) { [self] in
            var start = 0
            while true {
                if let place = received.firstRange(of: end, from: start) { return take(place + end.count) }
                start = max(0, received.count - end.count)
                guard try fill() else {
                    throw TestFailure("the connection ended after \"\(String(decoding: received, as: UTF8.self))\"")
                }
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Receives until the server ends the connection.
    public func receiveAll() async throws -> [UInt8] {
        try await offPool(queue) { [self] in
            while try fill() {}
            return take(received.count)
        }
    }

    /// Whether there is something to receive, or the end, now or within a time.
    public func hasMore(within time: Duration) async throws -> Bool {
        try await offPool(queue) { [self] in
            var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            return !received.isEmpty || Glibc.poll(&poll, 1, CInt(time / .milliseconds(1))) > 0
        }
    }

    private func take(_ count: Int) -> [UInt8] {
        let bytes = Array(received[..<count])
        received.removeFirst(count)
        return bytes
    }

    /// Reads what is there, on the queue.
    ///
    /// Answers false at the end; a reset counts as an end.
    private func fill() throws -> Bool {
        let count = withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) { space in
            let count = recv(descriptor, space.baseAddress, space.count, 0)
            if count > 0 { received += space[..<count] }
            return count
        }
        if count < 0 && errno != ECONNRESET {
            throw TestFailure("nothing was received for a minute (error \(errno))")
        }
        return count > 0
    }
}

extension [UInt8] {
    fileprivate func firstRange(of part: [UInt8], from start: Int) -> Int? {
        guard count >= part.count, let first = part.first else { return nil }
        var place = start
        while let found = self[place...].firstIndex(of: first), found + part.count <= count {
            if self[found...].starts(with: part) { return found }
            place = found + 1
        }
        return nil
    }
}
