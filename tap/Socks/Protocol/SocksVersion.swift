/// The versions of the protocol.
enum SocksVersion: String, Sendable {
    /// SOCKS 4: addresses of IPv4 only.
    case four = "SOCKS4"
    /// SOCKS 4a: names as well.
    case fourA = "SOCKS4a"
    /// SOCKS 5 (RFC 1928).
    case five = "SOCKS5"
}
