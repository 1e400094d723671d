import CTapSystem
package import Glibc

/// The unix socket through which a running application is controlled.
package enum ControlSocket {
    /// Where it is unless something else was asked for: the tap's path with `.sock` for its ending.
    package static func path(forTap tap: String) -> String {
        let name = tap.split(separator: "/").last ?? ""
        guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return tap + ".sock" }
        // The dot is looked for in the name only, so that a dot in a folder's name is none.
        return String(tap[..<dot]) + ".sock"
    }

    /// Tries to connect to a socket.
    ///
    /// Answers 0 when somebody accepts there, else errno.
    static func connectionError(_ path: String) -> CInt {
        let short = SocketAddress(path)
        defer { withExtendedLifetime(short) {} }
        let probe = tap_socket(AF_UNIX, CInt(SOCK_STREAM.rawValue))
        guard probe >= 0 else { return errno }
        defer { close(probe) }
        let code = withUnsafeBytes(of: short.unixAddress) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { connect(probe, $0.baseAddress, socklen_t(bytes.count)) }
        }
        return code == 0 ? 0 : errno
    }
}

/// The path of a unix socket in a form that fits the 108 bytes of its address (unix(7)).
///
/// A longer path goes through the descriptor of its folder, so the text is valid as long as this lives.
package final class SocketAddress: Sendable {
    /// The path to give to bind(2) or connect(2).
    package let text: String
    private let folder: CInt?

    /// The address of a path.
    package init(_ path: String) {
        guard path.utf8.count >= 108, let slash = path.lastIndex(of: "/"),
            case let descriptor = open(String(path[..<slash]), O_RDONLY | O_DIRECTORY | O_CLOEXEC), descriptor >= 0
        else {
            text = path
            folder = nil
            return
        }
        text = "/proc/self/fd/\(descriptor)\(path[slash...])"
        folder = descriptor
    }

    /// The path as the structure the system calls take.
    package var unixAddress: sockaddr_un {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: text.utf8.prefix($0.count - 1)) }
        return address
    }

    deinit { if let folder { close(folder) } }
}
