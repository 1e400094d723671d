package import NIOCore
public import Taproom

/// From whom connections begin with a header that tells who the client is (The PROXY protocol, versions 1 & 2, HAProxy
/// Technologies).
public struct ProxyHeaderSenders: DocumentedSettings, SettingsGroup, Equatable, Sendable {
    /// The networks of those who send it; none: nobody does.
    public var from: OneOrMore<Network> = []
    /// Whether those who connect to unix sockets send it.
    public var unix = false

    /// The defaults.
    public init() {}

    /// What the keys mean.
    public static let fields: [SettingField<ProxyHeaderSenders>] = [
        SettingField(
            "from",
            """
            The networks whose connections begin with a PROXY header, of version 1 or 2, which tells the client's address; one \
            without it is closed. Without networks none does.
            """, examples: [["10.0.0.0/8"]]),
        SettingField("unix", "Whether connections to unix sockets begin with a PROXY header.", examples: [true]),
    ]

    /// Whether a connection from an address begins with it, which is never guessed from what comes.
    package func isExpected(from address: SocketAddress?) -> Bool {
        switch address {
        case nil, .unixDomainSocket?: unix
        case _ where from.elements.isEmpty: false
        case let address?:
            // The name of an interface, behind %, belongs to link-local addresses.
            address.ipAddress.flatMap { Network.bytes(String($0.prefix { $0 != "%" })) }
                .map { bytes in from.elements.contains { $0.contains(bytes) } } ?? false
        }
    }
}
