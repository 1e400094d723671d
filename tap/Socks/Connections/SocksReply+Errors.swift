import Glibc
import NIOCore

extension SocksReply {
    /// What a client is told of an error; it says nothing of how the server is set up.
    init(_ error: any Error) {
        switch error {
        case is Refusal: self = .notAllowed
        case NameProblem.unknown: self = .hostUnreachable
        case ChannelError.connectTimeout: self = .hostUnreachable
        case DialerProblem.otherFamily: self = .networkUnreachable
        case let error as IOError:
            switch error.errnoCode {
            case ECONNREFUSED: self = .refused
            case ENETUNREACH, EADDRNOTAVAIL, EAFNOSUPPORT: self = .networkUnreachable
            case EHOSTUNREACH, ETIMEDOUT, EHOSTDOWN: self = .hostUnreachable
            default: self = .failure
            }
        default: self = .failure
        }
    }
}
