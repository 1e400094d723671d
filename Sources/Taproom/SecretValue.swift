/// A secret as it was read.
///
/// It has no coded form and shows itself as `***`, so that it gets neither into a tap nor into a log by mistake.
public struct SecretValue: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The secret.
    public let bytes: [UInt8]
    private let secret: Secret

    init(_ bytes: [UInt8], of secret: Secret) { (self.bytes, self.secret) = (bytes, secret) }

    /// The secret as text.
    ///
    /// Throws ``SecretError`` when it is not UTF-8.
    public func text() throws(SecretError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw SecretError(secret, "is not text in UTF-8")
        }
        return text
    }

    /// Three stars.
    public var description: String { "***" }
    /// Three stars.
    public var debugDescription: String { "***" }
    /// Nothing to look into.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// A secret that can't be had.
public struct SecretError: Error, Equatable, CustomStringConvertible {
    /// Where it was looked for.
    public let secret: Secret
    /// What is wrong, to be read after the reference: "is empty".
    public let reason: String

    package init(_ secret: Secret, _ reason: String) { (self.secret, self.reason) = (secret, reason) }

    /// The reference and the reason.
    public var description: String { "the secret \(secret) \(reason)" }
}

extension SecretError: ReportableError {
    package var exitStatus: ExitStatus { .configuration }
    package var advice: String? {
        switch secret.place {
        case .file: "The file must hold the secret, and the user that the application runs as must be able to read it."
        case .environment: "The variable must be set where the application is started."
        case .credential: "See LoadCredential= in systemd.exec(5)."
        }
    }
}
