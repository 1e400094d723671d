import Logging
import NIOSSL
import TapTLS
import Taproom

/// The certificates of a site, by the names that clients ask for (SNI, RFC 6066, section 3).
final class SiteCertificates: Sendable {
    /// What is spoken inside of TLS, the best first.
    private static let protocols = ["h2", "http/1.1"]

    private let byName: HostTable<ServerCertificate>
    private let byFiles: [CertificateFiles: ServerCertificate]
    private let usual: ServerCertificate?
    private let logger: Logger

    /// Whether the name that a client asks for matters.
    var dependsOnName: Bool { !byName.isEmpty }

    /// Reads all certificates.
    ///
    /// Throws ``TapTLS/CertificateError``.
    init(_ settings: WebSettings, logger: Logger) throws(CertificateError) {
        self.logger = logger
        var known: [CertificateFiles: ServerCertificate] = [:]
        func certificate(_ path: LocalPath, _ key: LocalPath?) throws(CertificateError) -> ServerCertificate {
            let files = CertificateFiles(certificate: path, key: key)
            if let certificate = known[files] { return certificate }
            let certificate = try ServerCertificate(files, protocols: Self.protocols)
            known[files] = certificate
            return certificate
        }
        var byName = HostTable<ServerCertificate>()
        var first: ServerCertificate?
        for host in settings.hosts {
            guard let path = host.certificate else { continue }
            let certificate = try certificate(path, host.key)
            first = first ?? certificate
            for name in host.name.elements { byName.add(name, certificate) }
        }
        for endpoint in settings.listen.elements {
            guard let tls = endpoint.tls, let path = tls.certificate else { continue }
            _ = try certificate(path, tls.key)
        }
        if let path = settings.tls.certificate {
            usual = try certificate(path, settings.tls.key)
        } else if settings.tls.internal {
            let names = ["localhost", "127.0.0.1", "::1"] + settings.hosts.flatMap(\.name.elements)
            usual = try ServerCertificate(developmentFor: names, protocols: Self.protocols)
        } else {
            usual = first
        }
        (self.byName, byFiles) = (byName, known)
    }

    /// What a connection uses; nil: there is no certificate for it.
    ///
    /// `name` is what the client asks for, and `endpoint` the one it has connected to.
    func context(for name: String?, _ endpoint: Endpoint.TLS) -> NIOSSLContext? {
        let named = name.flatMap { byName.find(HostName.normalized($0)) }
        let own = endpoint.certificate.flatMap { byFiles[CertificateFiles(certificate: $0, key: endpoint.key)] }
        return (named ?? own ?? usual)?.context(logger)
    }
}
