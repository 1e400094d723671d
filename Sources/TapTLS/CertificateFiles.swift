import NIOCore
import NIOSSL
package import Taproom

/// The files of a certificate and its key.
package struct CertificateFiles: Hashable, Sendable {
    /// The certificate in PEM, with those of its authorities behind it.
    package let certificate: LocalPath
    /// The key in PEM; often the same file.
    package let key: LocalPath

    /// Names the files; without a key that is in the file of the certificate.
    package init(certificate: LocalPath, key: LocalPath? = nil) {
        (self.certificate, self.key) = (certificate, key ?? certificate)
    }

    /// The greatest size of either file, in bytes.
    private static let maximumBytes = 1 << 20

    /// Reads the files.
    ///
    /// Throws ``CertificateError``.
    func identity() throws(CertificateError) -> ServerIdentity {
        let chainBytes = try read(certificate)
        let keyBytes = certificate == key ? chainBytes : try read(key)
        guard let chain = try? NIOSSLCertificate.fromPEMBytes(chainBytes), !chain.isEmpty else {
            throw CertificateError(path: certificate.text, problem: "has no certificate in PEM")
        }
        guard let key = try? NIOSSLPrivateKey(bytes: keyBytes, format: .pem) else {
            throw CertificateError(path: key.text, problem: "has no key in PEM that can be read without a password")
        }
        return ServerIdentity(chain: chain, key: key)
    }

    private func read(_ path: LocalPath) throws(CertificateError) -> [UInt8] {
        do throws(SystemCallError) {
            return try SmallFile.read(path.text, atMost: Self.maximumBytes).bytes
        } catch {
            throw CertificateError(path: path.text, problem: "can't be read: \(error.reason)")
        }
    }

    /// What tells the present files from later ones.
    var versions: [FileVersion?] { [certificate, key].map { FileVersion($0.text) } }
}

/// A certificate with its chain, and its key.
struct ServerIdentity: Sendable {
    let chain: [NIOSSLCertificate]
    let key: NIOSSLPrivateKey
}

/// A certificate that can't be used.
package struct CertificateError: Error, Equatable, CustomStringConvertible {
    /// The file.
    package let path: String
    /// What is wrong, to be read after the file: "has no certificate in PEM".
    package let problem: String

    /// The file, what is wrong with it, and what to do.
    package var description: String {
        "the certificate \(path) \(problem). Name a certificate in PEM with its chain and a key that belongs to it, in files"
            + " that the user of the service may read."
    }
}
