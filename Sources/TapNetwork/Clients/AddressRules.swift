package import NIOCore

/// Which clients are let in, by their addresses.
package struct AddressRules: Sendable {
    private let allowed: [Network]
    private let denied: [Network]

    /// Without allowed networks all are, but for those that are denied.
    package init(allow: [Network], deny: [Network]) { (allowed, denied) = (allow, deny) }

    /// Whether a client is let in.
    ///
    /// One without an address, at a unix socket, was let in by whoever can open the socket.
    package func admit(_ client: SocketAddress?) -> Bool {
        guard !allowed.isEmpty || !denied.isEmpty, let text = client?.ipAddress else { return true }
        // The name of the interface belongs to link-local addresses of IPv6 only here.
        let plain = text.prefix { $0 != "%" }
        guard let address = Network.bytes(String(plain)) else { return false }
        if denied.contains(where: { $0.contains(address) }) { return false }
        return allowed.isEmpty || allowed.contains { $0.contains(address) }
    }
}
