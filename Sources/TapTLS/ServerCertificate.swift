package import Logging
import NIOCore
package import NIOSSL
import Synchronization
import Taproom

/// What a server shows of itself in TLS, which follows its files: a certificate that was renewed counts from the next
/// connection on.
package final class ServerCertificate: Sendable {
    private struct Contents {
        var context: NIOSSLContext
        var versions: [FileVersion?]
        var nextLook: NIODeadline
    }

    /// How often the files are looked at, at most.
    private static let interval = TimeAmount.seconds(1)

    private let files: CertificateFiles?
    private let protocols: [String]
    private let contents: Mutex<Contents>

    /// Reads a certificate and its key.
    ///
    /// - Parameters:
    ///   - files: where they are.
    ///   - protocols: what is offered inside of TLS (ALPN, RFC 7301), the best first.
    /// - Throws: ``CertificateError``.
    package init(_ files: CertificateFiles, protocols: [String]) throws(CertificateError) {
        let versions = files.versions
        let context = try Self.context(files.identity(), protocols, path: files.certificate.text)
        (self.files, self.protocols) = (files, protocols)
        contents = Mutex(Contents(context: context, versions: versions, nextLook: .now() + Self.interval))
    }

    /// Makes a certificate for development, which nobody else trusts.
    ///
    /// It is kept in memory only. Throws ``CertificateError``.
    package init(developmentFor names: [String], protocols: [String]) throws(CertificateError) {
        let context = try Self.context(DevelopmentCertificate.make(names), protocols, path: "for development")
        (files, self.protocols) = (nil, protocols)
        contents = Mutex(Contents(context: context, versions: [], nextLook: .distantFuture))
    }

    /// What new connections use.
    ///
    /// Looks whether the files have changed. New ones that can't be used are told of, and the old ones stay.
    package func context(_ logger: Logger) -> NIOSSLContext {
        let (context, isDue) = contents.withLock { contents in
            let now = NIODeadline.now()
            guard now >= contents.nextLook else { return (contents.context, false) }
            contents.nextLook = now + Self.interval
            return (contents.context, true)
        }
        guard isDue, let files else { return context }
        return reread(files, logger) ?? context
    }

    private func reread(_ files: CertificateFiles, _ logger: Logger) -> NIOSSLContext? {
        let versions = files.versions
        guard contents.withLock({ $0.versions != versions }) else { return nil }
        do throws(CertificateError) {
            let context = try Self.context(files.identity(), protocols, path: files.certificate.text)
            contents.withLock { ($0.context, $0.versions) = (context, versions) }
            logger.notice("a new certificate counts", metadata: ["path": "\(files.certificate)"])
            return context
        } catch {
            contents.withLock { $0.versions = versions }
            logger.error("a new certificate can't be used, the old one stays", metadata: ["problem": "\(error)"])
            return nil
        }
    }

    private static func context(
        _ identity: ServerIdentity, _ protocols: [String], path: String
    ) throws(CertificateError) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: identity.chain.map { .certificate($0) }, privateKey: .privateKey(identity.key))
        // Older versions are deprecated (RFC 8996), and of 1.2 only suites with forward secrecy and AEAD are left.
        configuration.minimumTLSVersion = .tlsv12
        configuration.cipherSuiteValues = [
            .TLS_AES_128_GCM_SHA256, .TLS_AES_256_GCM_SHA384, .TLS_CHACHA20_POLY1305_SHA256,
            .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
            .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        ]
        configuration.applicationProtocols = protocols
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw CertificateError(path: path, problem: "can't be used; its key may be another's")
        }
    }
}
