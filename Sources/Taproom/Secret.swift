public import ArgumentParser
import Glibc
public import Logging

/// Where a secret is: settings hold this and never the secret itself.
///
/// Written `file:PATH`, `env:NAME`, or `credential:NAME` for a credential of systemd's (systemd.exec(5)); stored, shown,
/// compared and exported as it was written. What it refers to is read with ``resolve(logger:)`` when a service is made.
public struct Secret: Codable, Hashable, Sendable, CustomStringConvertible, ExpressibleByArgument {
    /// The greatest size of a secret, in bytes.
    public static let maximumBytes = 65_536

    /// The ways to refer to a secret.
    public enum Place: Hashable, Sendable {
        /// A file that holds the secret and nothing else.
        case file(LocalPath)
        /// A variable of the process's environment.
        case environment(name: String)
        /// A credential that systemd hands over.
        case credential(name: String)
    }

    /// Where the secret is.
    public let place: Place

    /// A reference to a place.
    public init(_ place: Place) { self.place = place }

    /// Reads a reference; relative paths are taken from a folder.
    ///
    /// Answers nil for anything else, which may be the secret itself.
    public init?(_ text: String, in folder: String? = nil) {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let rest = String(text[text.index(after: colon)...])
        switch text[..<colon] {
        case "file" where !rest.isEmpty && !rest.utf8.contains(0): place = .file(LocalPath(rest, in: folder))
        case "env" where Secret.isVariable(rest): place = .environment(name: rest)
        case "credential" where Credential.isName(rest): place = .credential(name: rest)
        default: return nil
        }
    }

    /// A reference on a command line.
    public init?(argument: String) { self.init(argument, in: LocalPath.workingFolder) }

    /// Names of variables ("Environment Variables" of POSIX.1-2017, section 8.1), with small letters too.
    private static func isVariable(_ name: String) -> Bool {
        func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte & 0xDF) || byte == UInt8(ascii: "_") }
        guard let first = name.utf8.first, isLetter(first) else { return false }
        return name.utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) }
    }

    /// The reference.
    public var description: String {
        switch place {
        case .file(let path): "file:\(path)"
        case .environment(let name): "env:\(name)"
        case .credential(let name): "credential:\(name)"
        }
    }

    /// Reads a reference.
    ///
    /// Throws for anything else, without saying what it was.
    public init(from decoder: any Decoder) throws {
        let text = try? decoder.singleValueContainer().decode(String.self)
        guard let text, let secret = Secret(text, in: PathFolder.folder(for: decoder)) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription:
                        "must be a reference to a secret and not the secret itself: \(Secret.form.writing)"))
        }
        self = secret
    }

    /// Writes the reference.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension Secret: SettingValue {
    /// A reference.
    public static var form: SettingForm {
        SettingForm(
            "a reference to a secret", writing: "file:PATH, env:NAME or credential:NAME",
            pattern:
                "^(file:[^\\u0000]+|env:[A-Za-z_][A-Za-z0-9_]*|credential:(?!\\.{1,2}$)[^/\\u0000-\\u001F\\u007F]{1,255})$",
            examples: ["file:/etc/site/token", "env:SITE_TOKEN", "credential:site.token"])
    }
}

extension Secret {
    /// Reads the secret as it is now.
    ///
    /// Called when a service is made: again at each start and at each reload that makes the service anew. One line feed, or
    /// carriage return and line feed, at the end of a file or credential does not belong to the secret. It blocks for the
    /// time of reading a small file.
    ///
    /// - Parameter logger: where a warning goes when everybody on the machine may read the file.
    /// - Returns: the secret, of 1 to ``maximumBytes`` bytes.
    /// - Throws: ``SecretError``, which names the reference and the reason and never the secret.
    public func resolve(logger: Logger? = nil) throws(SecretError) -> SecretValue {
        let bytes =
            switch place {
            case .file(let path): try withoutLineEnd(content(of: path.text, logger))
            case .environment(let name): try variable(name)
            case .credential(let name): try withoutLineEnd(credential(name))
            }
        guard !bytes.isEmpty else { throw SecretError(self, "is empty") }
        guard bytes.count <= Secret.maximumBytes else { throw tooLarge }
        return SecretValue(bytes, of: self)
    }

    private var tooLarge: SecretError { SecretError(self, "has more than \(Secret.maximumBytes) bytes") }

    private func content(of path: String, _ logger: Logger?) throws(SecretError) -> [UInt8] {
        do throws(SystemCallError) {
            // Two bytes more for the end of the line.
            let (bytes, permissions) = try SmallFile.read(path, atMost: Secret.maximumBytes + 2)
            if permissions & S_IROTH != 0 {
                logger?.warning(
                    "everybody on this machine may read the file of a secret; take that away with chmod o-r",
                    metadata: ["path": "\(path)"])
            }
            return bytes
        } catch {
            throw error.code == EFBIG ? tooLarge : SecretError(self, "can't be read: \(error.reason)")
        }
    }

    private func variable(_ name: String) throws(SecretError) -> [UInt8] {
        guard let value = getenv(name) else { throw SecretError(self, "is not set in the environment") }
        return Array(UnsafeRawBufferPointer(start: value, count: strlen(value)))
    }

    private func credential(_ name: String) throws(SecretError) -> [UInt8] {
        let bytes: [UInt8]?
        do throws(CredentialError) {
            bytes = try Credential.read(name)
        } catch {
            throw SecretError(self, "can't be read: \(error)")
        }
        guard let bytes else { throw SecretError(self, "was not handed over by the service manager") }
        return bytes
    }

    private func withoutLineEnd(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.last == UInt8(ascii: "\n") else { return bytes }
        let line = bytes.dropLast()
        return Array(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
    }
}
