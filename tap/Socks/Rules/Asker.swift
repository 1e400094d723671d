/// Somebody who asks for something.
struct Asker: Sendable {
    /// The address of the client; nil at unix sockets.
    let address: [UInt8]?
    /// Who the client has shown to be; nil when it was not asked.
    var user: String?

    /// A client at an address.
    init(address: [UInt8]?, user: String? = nil) { (self.address, self.user) = (address.map(NearAddress.plain), user) }

    /// Whether the client runs on this machine.
    var isNear: Bool { address.map(NearAddress.isLoopback) ?? true }
}
