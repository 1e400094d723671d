import Glibc

extension PassedSockets {
    /// What a descriptor turned out to be.
    enum Look {
        case listening(SocketPlace)
        case closed
        /// Why it can't be used, to be read after its name.
        case unusable(String)
    }

    /// Looks at a descriptor, and makes it close-on-exec and non-blocking when it is a socket that can be used.
    static func look(at descriptor: CInt) -> Look {
        guard fcntl(descriptor, F_GETFD) >= 0 else { return .closed }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        guard let type = option(SO_TYPE, of: descriptor) else { return .unusable("is no socket") }
        let place = SocketPlace(of: descriptor)
        switch CInt(type) {
        case CInt(SOCK_STREAM.rawValue):
            guard option(SO_ACCEPTCONN, of: descriptor) == 1 else {
                return .unusable("does not listen: its socket unit must have Accept=no")
            }
        case CInt(SOCK_DGRAM.rawValue):
            guard case .udp(1..., _)? = place else { return .unusable("takes datagrams, but on no UDP port") }
        default: return .unusable("takes neither connections nor datagrams")
        }
        guard let place else { return .unusable("is neither a TCP, nor a UDP, nor a unix socket") }
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        return .listening(place)
    }

    /// An option of a socket (socket(7)); nil: it is no socket.
    static func option(_ option: CInt, of descriptor: CInt) -> CInt? {
        var value: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        return getsockopt(descriptor, SOL_SOCKET, option, &value, &size) == 0 ? value : nil
    }
}
