import Glibc
import Taproom

/// Where a socket is bound, as getsockname(2) tells it.
enum SocketPlace: Hashable, Sendable {
    /// An address of this machine as inet_ntop(3) writes it; `::` means all of them, of IPv4 too unless it says otherwise.
    case tcp(port: UInt16, host: String)
    /// The same for datagrams.
    case udp(port: UInt16, host: String)
    /// A path; one in the abstract name space begins with `@`.
    case unix(path: String)

    /// The place of a bound socket, or nil for one of another family.
    init?(of descriptor: CInt) {
        var address = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let isKnown = withUnsafeMutableBytes(of: &address) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { getsockname(descriptor, $0.baseAddress, &size) == 0 }
        }
        guard isKnown else { return nil }
        let place: SocketPlace? = withUnsafeBytes(of: address) { bytes in
            // Both versions of the protocol have the port in the same place, after the family.
            let port = UInt16(bigEndian: bytes.load(fromByteOffset: 2, as: UInt16.self))
            switch CInt(address.ss_family) {
            case AF_INET:
                return .port(port, SocketPlace.text(AF_INET, bytes.dropFirst(4)), of: descriptor)
            case AF_INET6:
                return .port(port, SocketPlace.text(AF_INET6, bytes.dropFirst(8)), of: descriptor)
            case AF_UNIX:
                var name = bytes[2..<max(2, Int(size))]
                let isAbstract = name.first == 0
                if isAbstract { name = name.dropFirst() } else { name = name.prefix { $0 != 0 } }
                return .unix(path: (isAbstract ? "@" : "") + String(decoding: name, as: UTF8.self))
            default: return nil
            }
        }
        guard let place else { return nil }
        self = place
    }

    /// The places where a socket for an endpoint can be bound, the best first; none for those that have no fixed place.
    static func all(for endpoint: Endpoint) -> [SocketPlace] {
        switch endpoint.address {
        case .tcp(0, _), .udp(0, _), .systemd: []
        // One socket for both versions of the protocol, or for the one that the machine has.
        case .tcp(let port, nil): [.tcp(port: port, host: "::"), .tcp(port: port, host: "0.0.0.0")]
        case .tcp(let port, let interface?): [.tcp(port: port, host: canonical(interface))]
        case .udp(let port, nil): [.udp(port: port, host: "::"), .udp(port: port, host: "0.0.0.0")]
        case .udp(let port, let interface?): [.udp(port: port, host: canonical(interface))]
        case .unix(let path, _): [.unix(path: path)]
        }
    }

    /// The port, if it has one.
    var port: UInt16? {
        switch self {
        case .tcp(let port, _), .udp(let port, _): port
        case .unix: nil
        }
    }

    private static func port(_ port: UInt16, _ host: String, of descriptor: CInt) -> SocketPlace {
        PassedSockets.option(SO_TYPE, of: descriptor) == CInt(SOCK_DGRAM.rawValue)
            ? .udp(port: port, host: host) : .tcp(port: port, host: host)
    }

    /// The same address in the form that getsockname(2) leads to.
    private static func canonical(_ interface: String) -> String {
        for (family, size) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: size)
            if inet_pton(family, interface, &bytes) == 1 {
                return bytes.withUnsafeBytes { text(family, $0[...]) }
            }
        }
        return interface
    }

    private static func text(_ family: CInt, _ bytes: Slice<UnsafeRawBufferPointer>) -> String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard
            inet_ntop(family, UnsafeRawBufferPointer(rebasing: bytes).baseAddress, &text, socklen_t(text.count)) != nil
        else { return "" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension Endpoint {
    /// Where a socket that was handed over really listens.
    init(_ place: SocketPlace, of descriptor: CInt) {
        switch place {
        case .tcp(let port, "::") where !SocketPlace.isForOneVersionOnly(descriptor):
            self = .tcp(port: port)
        case .tcp(let port, let host): self.init(.tcp(port: port, interface: host))
        case .udp(let port, "::") where !SocketPlace.isForOneVersionOnly(descriptor):
            self.init(.udp(port: port, interface: nil))
        case .udp(let port, let host): self.init(.udp(port: port, interface: host))
        case .unix(let path): self.init(.unix(path: path, mode: nil))
        }
    }

    /// The name under which a socket that tapd made for this endpoint is kept or handed over: `tcp-8080`,
    /// `tcp-80-127.0.0.1`, `udp-53`, `unix-/run/a.sock`.
    ///
    /// A colon, which names of the service manager cannot have, is written as an underscore.
    package var socketName: String {
        switch address {
        case .tcp(let port, nil): "tcp-\(port)"
        case .tcp(let port, let interface?): "tcp-\(port)-\(interface.replacing(":", with: "_"))"
        case .udp(let port, nil): "udp-\(port)"
        case .udp(let port, let interface?): "udp-\(port)-\(interface.replacing(":", with: "_"))"
        case .unix(let path, _): "unix-\(path.replacing(":", with: "_"))"
        case .systemd(let name): name
        }
    }
}

extension SocketPlace {
    fileprivate static func isForOneVersionOnly(_ descriptor: CInt) -> Bool {
        var value: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        return getsockopt(descriptor, CInt(IPPROTO_IPV6), IPV6_V6ONLY, &value, &size) == 0 && value != 0
    }
}
