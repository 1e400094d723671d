/// Addresses that mean something else on every machine, or on every link: what a client from elsewhere would reach there
/// is not what it could reach by itself.
enum NearAddress {
    /// Whether an address of IPv4, or of IPv6, is one of these: unspecified, loopback, link-local, multicast or broadcast.
    static func contains(_ address: [UInt8]) -> Bool {
        let address = plain(address)
        if address.count == 4 {
            return isLoopback(address) || address[0] == 0 || (address[0] == 169 && address[1] == 254)
                || address[0] >= 224 && (address[0] < 240 || address.allSatisfy { $0 == 255 })
        }
        guard address.count == 16 else { return true }
        return isLoopback(address) || address.allSatisfy { $0 == 0 } || address[0] == 0xFF
            || (address[0] == 0xFE && address[1] & 0xC0 == 0x80)
    }

    /// Whether an address is of the machine itself, and nobody else can reach it.
    static func isLoopback(_ address: [UInt8]) -> Bool {
        let address = plain(address)
        return address.count == 4
            ? address[0] == 127 : address.dropLast().allSatisfy { $0 == 0 } && address.last == 1
    }

    /// An address of IPv4 that is written as one of IPv6 (`::ffff:127.0.0.1`) as what it is: sockets take it for that.
    static func plain(_ address: [UInt8]) -> [UInt8] {
        let isMapped =
            address.count == 16 && address[..<10].allSatisfy { $0 == 0 } && address[10] == 0xFF && address[11] == 0xFF
        return isMapped ? Array(address[12...]) : address
    }
}
