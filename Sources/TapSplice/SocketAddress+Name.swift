import Glibc
package import NIOCore

extension SocketName {
    /// The same address.
    package init(_ address: SocketAddress) {
        self = address.withSockAddr { SocketName($0, size: $1) }
    }
}

extension SocketAddress {
    /// The same address; nil for those of unix sockets, whose clients have none.
    package init?(_ name: SocketName) {
        let address: SocketAddress? = name.withPointer { pointer, size in
            switch name.family {
            case AF_INET:
                pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { SocketAddress($0.pointee) }
            case AF_INET6:
                pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { SocketAddress($0.pointee) }
            default: nil
            }
        }
        guard let address else { return nil }
        self = address
    }
}
