import NIOCore

/// Who is at the other end of a connection, and how the connection was made.
struct Client: Sendable {
    /// Where it connects from; nil for unix sockets, and where the system doesn't say.
    let address: SocketAddress?
    /// Whether the connection is encrypted.
    let isSecure: Bool
    /// The port it has connected to; nil for unix sockets.
    let port: Int?

    init(_ channel: any Channel, isSecure: Bool = false) {
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
    var ip: String? { address?.ipAddress }

    /// The word for the way in URLs.
    var scheme: String { isSecure ? "https" : "http" }
}
