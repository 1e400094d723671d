/// Where a connection is made to.
package enum RelayAddress: Hashable, Sendable {
    /// A TCP port of a host, which is a name or an IP address without brackets.
    case tcp(host: String, port: UInt16)
    /// A unix socket with an absolute path.
    case unix(path: String)
}
