package import NIOCore

/// Who the client is, by the word of somebody who is trusted.
package struct ToldClient: Equatable, Sendable {
    /// Where it connects from; nil: the connection is its own, or nobody knows.
    package let address: SocketAddress?
    /// The port it has connected to.
    package let port: Int?

    /// Nothing was told.
    static let unknown = ToldClient(address: nil, port: nil)
}
