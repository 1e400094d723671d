import Glibc
import TapNetwork

/// Where a client wants to get to, or where it is reached: an address or a name, and a port.
struct Destination: Hashable, Sendable, CustomStringConvertible {
    enum Host: Hashable, Sendable {
        /// The 4 bytes of an address of IPv4, or the 16 of one of IPv6.
        case address([UInt8])
        /// A name that somebody has to look up.
        case name(String)
    }

    var host: Host
    var port: UInt16

    /// Nowhere: `0.0.0.0:0`.
    static let none = Destination(host: .address([0, 0, 0, 0]), port: 0)

    /// The host with these bytes for a name; nil when nothing can have it.
    ///
    /// Names are 1 to 255 bytes of visible ASCII; an address that is written out is taken as what it is.
    static func host(named bytes: some Collection<UInt8>) -> Host? {
        guard (1...255).contains(bytes.count), bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        return Network.bytes(text).map { .address($0) } ?? .name(text)
    }

    /// An address as people write it.
    static func text(_ bytes: [UInt8]) -> String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil else { return "" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The host and the port: `example.com:443`, `[::1]:22`.
    var description: String {
        switch host {
        case .name(let name): "\(name):\(port)"
        case .address(let bytes) where bytes.count == 16: "[\(Destination.text(bytes))]:\(port)"
        case .address(let bytes): "\(Destination.text(bytes)):\(port)"
        }
    }
}
