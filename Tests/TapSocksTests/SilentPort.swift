import Glibc
import TapTesting

/// A port that answers to nobody: its queue is full.
final class SilentPort {
    let port: UInt16
    private var sockets: [CInt] = []

    init() throws {
        let listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) | listen(listener, 0) | getsockname(listener, $0, &size)
            }
        }
        port = UInt16(bigEndian: name.sin_port)
        sockets.append(listener)
        guard code == 0 else { throw TestFailure("cannot listen: error \(errno)") }
        for _ in 0..<4 {
            let type = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
            let client = socket(AF_INET, CInt(type), 0)
            sockets.append(client)
            withUnsafePointer(to: &name) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = connect(client, $0, size) }
            }
        }
    }

    deinit { for socket in sockets { close(socket) } }
}
