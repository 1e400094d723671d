import Glibc

extension Endpoint {
    /// Whether nobody but programs of this machine can connect there.
    ///
    /// Where a socket of the service manager listens is not known.
    package var isOfThisMachine: Bool {
        switch address {
        case .unix: true
        case .systemd, .tcp(_, interface: nil), .udp(_, interface: nil): false
        case .tcp(_, let interface?), .udp(_, let interface?): Endpoint.isLoopback(interface)
        }
    }

    /// Whether an address is one that no other machine can have.
    package static func isLoopback(_ address: String) -> Bool {
        var four = in_addr()
        if inet_pton(AF_INET, address, &four) == 1 { return UInt32(bigEndian: four.s_addr) >> 24 == 127 }
        return address == "::1"
    }
}
