import NIOCore
import Synchronization

/// Who is at the other end of a connection, and how the connection was made.
///
/// Shared by all requests of the connection.
final class Client: Sendable {
    /// Where it connects from; nil for unix sockets, and where the system doesn't say.
    let address: SocketAddress?
    /// Whether the connection is encrypted.
    let isSecure: Bool
    /// The port it has connected to; nil for unix sockets.
    let port: Int?
    /// What ``ip`` has answered.
    private let knownIP = Mutex<String?>(nil)

    convenience init(_ channel: any Channel, isSecure: Bool = false) {
        self.init(address: channel.remoteAddress, isSecure: isSecure, port: channel.localAddress?.port)
    }

    init(address: SocketAddress?, isSecure: Bool, port: Int?) {
        if case .unixDomainSocket? = address { self.address = nil } else { self.address = address }
        self.isSecure = isSecure
        self.port = port
    }

    /// The same client on a connection that is encrypted.
    var secured: Client { Client(address: address, isSecure: true, port: port) }

    /// The address as text, without the port; nil where there is none.
    var ip: String? {
        guard let address else { return nil }
        return knownIP.withLock { known in
            if known == nil { known = address.ipAddress }
            return known
        }
    }

    /// The word for the way in URLs.
    var scheme: String { isSecure ? "https" : "http" }
}
