import Glibc

/// Secrets that the service manager hands to a service as files: systemd.exec(5), "Credentials".
package enum Credential {
    /// The greatest size, in bytes: what systemd allows for all of a service's together.
    package static let maximumBytes = 1 << 20

    /// The content of a credential, or nil when this process was given none of that name.
    ///
    /// Throws ``CredentialError``.
    package static func read(_ name: String) throws(CredentialError) -> [UInt8]? {
        guard let folder = getenv("CREDENTIALS_DIRECTORY") else { return nil }
        return try read(name, in: String(cString: folder))
    }

    static func read(_ name: String, in folder: String) throws(CredentialError) -> [UInt8]? {
        guard isName(name) else { throw .noName(name) }
        let path = "\(folder)/\(name)"
        do throws(SystemCallError) {
            return try SmallFile.read(path, atMost: maximumBytes).bytes
        } catch {
            if error.code == ENOENT { return nil }
            throw .unreadable(path, code: error.code)
        }
    }

    /// Whether a name can be that of a file in the folder.
    static func isName(_ name: String) -> Bool {
        (1...255).contains(name.utf8.count) && name != "." && name != ".."
            && name.utf8.allSatisfy { $0 > 0x1F && $0 != 0x7F && $0 != UInt8(ascii: "/") }
    }
}

/// A credential that can't be had.
package enum CredentialError: ReportableError, Equatable {
    case noName(String)
    case unreadable(String, code: CInt)

    package var description: String {
        switch self {
        case .noName(let name): "\"\(name)\" is no name of a credential"
        case .unreadable(let path, let code):
            "\(path): the credential can't be read: \(SystemCallError("read", code: code).reason)"
        }
    }

    package var advice: String? {
        switch self {
        case .noName: "It must be the name of a file, with up to 255 bytes and without a slash."
        case .unreadable(_, EFBIG): "It must have \(Credential.maximumBytes) bytes or fewer."
        case .unreadable: nil
        }
    }

    package var exitStatus: ExitStatus {
        switch self {
        case .noName: .configuration
        case .unreadable: .notPermitted
        }
    }
}
