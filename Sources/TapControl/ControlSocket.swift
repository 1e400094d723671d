import Glibc

/// The unix socket through which a running application is controlled.
package enum ControlSocket {
    /// Where it is unless something else was asked for: the tap's path with `.sock` for its ending.
    package static func path(forTap tap: String) -> String {
        let name = tap.split(separator: "/").last ?? ""
        guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return tap + ".sock" }
        return String(tap[..<dot]) + ".sock"
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

    deinit { if let folder { close(folder) } }
}
