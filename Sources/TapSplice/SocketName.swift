package import Glibc

/// The address of a socket as the operating system takes it.
package struct SocketName: Sendable {
    private var storage = sockaddr_storage()
    private(set) var size = socklen_t(MemoryLayout<sockaddr_storage>.size)

    /// The family: `AF_INET`, `AF_INET6` or `AF_UNIX`.
    package var family: CInt { CInt(storage.ss_family) }

    /// Room for an address.
    init() {}

    /// Copies an address.
    package init(_ name: UnsafePointer<sockaddr>, size: Int) {
        self.size = socklen_t(min(size, MemoryLayout<sockaddr_storage>.size))
        withUnsafeMutableBytes(of: &storage) { space in
            space.copyMemory(from: UnsafeRawBufferPointer(start: name, count: Int(self.size)))
        }
    }

    /// A unix socket; its path has fewer than 108 bytes.
    package init(unix path: String) {
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        // The last byte stays zero.
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        self = withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                SocketName($0, size: MemoryLayout<sockaddr_un>.size)
            }
        }
    }

    /// Calls a body with the address and its size.
    package func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        withUnsafePointer(to: storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, size) }
        }
    }

    /// Has the system write an address.
    mutating func write<Result>(_ body: (UnsafeMutableRawPointer, UnsafeMutablePointer<socklen_t>) -> Result) -> Result
    {
        size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { body(UnsafeMutableRawPointer($0), &size) }
    }
}
