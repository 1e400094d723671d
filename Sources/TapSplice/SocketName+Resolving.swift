import Glibc

extension SocketName {
    /// The addresses of a host, as the system finds them; none when there are none, or nobody knows.
    ///
    /// It can take as long as the DNS takes, unless the host is an address.
    package static func resolve(_ host: String, port: UInt16, isNumeric: Bool) -> [SocketName] {
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV | (isNumeric ? AI_NUMERICHOST : 0)
        var first: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, "\(port)", &hints, &first) == 0 else { return [] }
        defer { freeaddrinfo(first) }
        var names: [SocketName] = []
        var next = first
        while let info = next?.pointee {
            if let name = info.ai_addr { names.append(SocketName(name, size: Int(info.ai_addrlen))) }
            next = info.ai_next
        }
        return names
    }

    /// The address of a socket of this process.
    package static func own(_ socket: CInt) -> SocketName? {
        var name = SocketName()
        let isKnown = name.write { space, size in
            getsockname(socket, space.assumingMemoryBound(to: sockaddr.self), size) == 0
        }
        return isKnown ? name : nil
    }
}
