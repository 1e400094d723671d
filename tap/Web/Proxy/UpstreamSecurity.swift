import NIOCore
import NIOSSL
import Taproom

/// How connections to https upstreams are encrypted, and whom they trust.
struct UpstreamSecurity: Sendable {
    private let context: NIOSSLContext

    /// Reads the certificates to trust.
    ///
    /// Throws ``ProxyError``.
    init(_ settings: ProxySettings) throws(ProxyError) {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        if !settings.verify { configuration.certificateVerification = .none }
        do {
            if let path = settings.certificateAuthority?.text {
                configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(path))
            }
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw ProxyError(path: settings.certificateAuthority?.text, reason: "\(error)")
        }
    }

    /// What encrypts one connection.
    ///
    /// The name is asked for, and compared with the certificate; an address is only compared (RFC 6066, 3).
    func handler(for upstream: Upstream) throws -> NIOSSLClientHandler {
        guard case .tcp(let host, _) = upstream.address, (try? SocketAddress(ipAddress: host, port: 0)) == nil else {
            return try NIOSSLClientHandler(context: context, serverHostname: nil)
        }
        return try NIOSSLClientHandler(context: context, serverHostname: host)
    }
}

/// A proxy that can't be made.
struct ProxyError: Error, Equatable, CustomStringConvertible {
    /// The file with the certificates; nil: the system's.
    let path: String?
    let reason: String

    var description: String {
        let place = path.map { "in \($0)" } ?? "of the system"
        let advice = path.map { _ in "Set certificateAuthority to a file with certificates in the form PEM." }
        return "cannot read the certificates \(place): \(reason). \(advice ?? "Install ca-certificates.")"
    }
}
