import Glibc

/// A call of the operating system that failed.
public struct SystemCallError: Error, Equatable, CustomStringConvertible {
    /// What was being done, to be read after "cannot": "open /srv/www".
    public let action: String
    /// The error number (errno).
    public let code: CInt

    /// Takes the error of the call that has just failed in this thread, unless another is given.
    public init(_ action: String, code: CInt? = nil) {
        self.code = code ?? errno
        self.action = action
    }

    /// The system's words for the error, beginning with a small letter.
    public var reason: String {
        let text = String(cString: strerror(code))
        // "No such file" but "RPC …": lower only a word that is not all capitals.
        guard let second = text.dropFirst().first, second.isLowercase else { return text }
        return text.prefix(1).lowercased() + text.dropFirst()
    }

    /// The action and the reason: "cannot open /srv/www: permission denied".
    public var description: String { "cannot \(action): \(reason)" }
}
