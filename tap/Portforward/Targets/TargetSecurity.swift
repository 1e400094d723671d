import NIOCore
import NIOSSL
import Taproom

/// How connections to a target are encrypted, and whom they trust.
struct TargetSecurity: Sendable {
    private let context: NIOSSLContext
    private let name: String?

    /// Reads the certificates to trust.
    ///
    /// Throws ``TargetSecurityError``.
    init(_ target: ForwardTarget, _ tls: ForwardTarget.TLS) throws(TargetSecurityError) {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if !tls.verify { configuration.certificateVerification = .none }
        // How long a target may take to see the end.
        configuration.shutdownTimeout = .seconds(2)
        do {
            if let path = tls.authority?.text {
                configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(path))
            }
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw TargetSecurityError(target: target, path: tls.authority?.text, reason: "\(error)")
        }
        let host = if case .tcp(let host, _) = target.address { host } else { "" }
        let asked = tls.name ?? host
        // A name is asked for, and compared with the certificate; an address is only compared (RFC 6066, 3).
        name = (try? SocketAddress(ipAddress: asked, port: 0)) == nil ? asked : nil
    }

    /// What encrypts one connection.
    func handler() throws -> any ChannelHandler { try NIOSSLClientHandler(context: context, serverHostname: name) }
}

/// Certificates to trust that can't be read.
struct TargetSecurityError: Error, Equatable, CustomStringConvertible {
    let target: ForwardTarget
    /// The file; nil: those of the system.
    let path: String?
    let reason: String

    var description: String {
        let place = path.map { "in \($0)" } ?? "of the system"
        let advice =
            path == nil ? "Install ca-certificates." : "Name a file with certificates in PEM with authority=FILE."
        return "cannot read the certificates \(place) for the target \(target): \(reason). \(advice)"
    }
}
