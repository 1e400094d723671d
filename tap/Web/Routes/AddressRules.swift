import Taproom

/// Which clients are answered, by their addresses.
struct AddressRules: Sendable {
    private let allowed: [Network]
    private let denied: [Network]

    /// Without allowed networks all are, but for those that are denied.
    init(allow: [Network], deny: [Network]) { (allowed, denied) = (allow, deny) }

    /// Those of an inner place, which count in place of the outer ones when it has any.
    func changed(by place: any WebPlace) -> AddressRules {
        let (allow, deny) = (place.allow.elements, place.deny.elements)
        return allow.isEmpty && deny.isEmpty ? self : AddressRules(allow: allow, deny: deny)
    }

    /// Whether a client is answered.
    ///
    /// One without an address, at a unix socket, was let in by whoever can open the socket.
    func admit(_ client: Client) -> Bool {
        guard !allowed.isEmpty || !denied.isEmpty, let text = client.ip else { return true }
        // The name of the interface belongs to link-local addresses of IPv6 only here.
        let plain = text.prefix { $0 != "%" }
        guard let address = Network.bytes(String(plain)) else { return false }
        if denied.contains(where: { $0.contains(address) }) { return false }
        return allowed.isEmpty || allowed.contains { $0.contains(address) }
    }
}
