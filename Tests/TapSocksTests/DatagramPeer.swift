import Dispatch
import Glibc
import TapTesting

/// A socket of datagrams, which waits for at most a minute, on a thread of its own.
final class DatagramPeer: Sendable {
    private let descriptor: CInt
    private let queue = DispatchQueue(label: "datagram peer")
    /// Where it sends to: this machine, as its own family has it.
    private let near: String
    let port: UInt16

    /// Binds to a free port of an address.
    init(_ address: String = "127.0.0.1") throws {
        near = address.contains(":") ? "::1" : "127.0.0.1"
        let family = address.contains(":") ? AF_INET6 : AF_INET
        let descriptor = socket(family, CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        self.descriptor = descriptor
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var name = DatagramPeer.name(address, 0)
        var size = socklen_t(name.count)
        let code = name.withUnsafeMutableBytes { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { pointer -> CInt in
                guard bind(descriptor, pointer.baseAddress, size) == 0 else { return -1 }
                return getsockname(descriptor, pointer.baseAddress, &size)
            }
        }
        port = UInt16(name[2]) << 8 | UInt16(name[3])
        guard code == 0 else { throw TestFailure("cannot bind to \(address): error \(errno)") }
    }

    deinit { close(descriptor) }

    /// An address as the system takes it (RFC 3493, 3.3).
    private static func name(_ address: String, _ port: UInt16) -> [UInt8] {
        let isSixth = address.contains(":")
        var bytes = [UInt8](repeating: 0, count: isSixth ? 16 : 4)
        inet_pton(isSixth ? AF_INET6 : AF_INET, address, &bytes)
        let family = withUnsafeBytes(of: sa_family_t(isSixth ? AF_INET6 : AF_INET)) { Array($0) }
        let zeros = [UInt8](repeating: 0, count: isSixth ? 4 : 8)
        return family + [UInt8(port >> 8), UInt8(port & 255)] + (isSixth ? zeros : []) + bytes + zeros
    }

    /// Sends a datagram to a port of this machine.
    func send(_ bytes: [UInt8], to port: UInt16) {
        let name = DatagramPeer.name(near, port)
        name.withUnsafeBytes { name in
            name.withMemoryRebound(to: sockaddr.self) {
                _ = sendto(descriptor, bytes, bytes.count, 0, $0.baseAddress, socklen_t(name.count))
            }
        }
    }

    /// Receives a datagram, with the port it comes from.
    func receive() async throws -> (bytes: [UInt8], port: UInt16) {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { [descriptor] in
                var space = [UInt8](repeating: 0, count: 65_536)
                var name = [UInt8](repeating: 0, count: 28)
                var size = socklen_t(name.count)
                let count = name.withUnsafeMutableBytes { name in
                    name.withMemoryRebound(to: sockaddr.self) {
                        recvfrom(descriptor, &space, space.count, 0, $0.baseAddress, &size)
                    }
                }
                guard count >= 0 else {
                    continuation.resume(throwing: TestFailure("no datagram came: error \(errno)"))
                    return
                }
                continuation.resume(returning: (Array(space[..<count]), UInt16(name[2]) << 8 | UInt16(name[3])))
            }
        }
    }

    /// Whether a datagram is there now.
    var hasMore: Bool {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return Glibc.poll(&poll, 1, 0) > 0
    }
}
