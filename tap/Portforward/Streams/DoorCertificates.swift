import Logging
import NIOSSL
import TapTLS
import Taproom

/// The certificates of the endpoints of a service.
final class DoorCertificates: Sendable {
    private let byFiles: [CertificateFiles: ServerCertificate]
    private let usual: ServerCertificate?
    private let logger: Logger

    /// Reads all certificates.
    ///
    /// Throws ``TapTLS/CertificateError``.
    init(_ settings: PortforwardSettings, _ logger: Logger) throws(CertificateError) {
        self.logger = logger
        var known: [CertificateFiles: ServerCertificate] = [:]
        for endpoint in settings.listen.elements {
            guard let path = endpoint.tls?.certificate else { continue }
            let files = CertificateFiles(certificate: path, key: endpoint.tls?.key)
            if known[files] == nil { known[files] = try ServerCertificate(files, protocols: []) }
        }
        byFiles = known
        if let path = settings.tls.certificate {
            usual = try ServerCertificate(CertificateFiles(certificate: path, key: settings.tls.key), protocols: [])
        } else if settings.tls.internal {
            usual = try ServerCertificate(developmentFor: ["localhost", "127.0.0.1", "::1"], protocols: [])
        } else {
            usual = nil
        }
    }

    /// What a connection to an endpoint uses; nil: there is no certificate for it.
    func context(for endpoint: Endpoint.TLS) -> NIOSSLContext? {
        let own = endpoint.certificate.flatMap { byFiles[CertificateFiles(certificate: $0, key: endpoint.key)] }
        return (own ?? usual)?.context(logger)
    }
}
