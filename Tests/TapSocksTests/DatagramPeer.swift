import Dispatch
import Glibc
import TapTesting

/// A socket of datagrams, which waits for at most a minute, on a thread of its own.
final class DatagramPeer: Sendable {
    private let descriptor: CInt
    private let queue = DispatchQueue(label: "datagram peer")
    let port: UInt16

    /// Binds to a free port of an address of IPv4.
    init(_ address: String = "127.0.0.1") throws {
        let descriptor = socket(AF_INET, CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
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

    private static func name(_ address: String, _ port: UInt16) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 4)
        inet_pton(AF_INET, address, &bytes)
        let family = withUnsafeBytes(of: sa_family_t(AF_INET)) { Array($0) }
        return family + [UInt8(port >> 8), UInt8(port & 255)] + bytes + [UInt8](repeating: 0, count: 8)
    }

    /// Sends a datagram to a port of 127.0.0.1.
    func send(_ bytes: [UInt8], to port: UInt16) {
        let name = DatagramPeer.name("127.0.0.1", port)
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
                var name = [UInt8](repeating: 0, count: 16)
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
