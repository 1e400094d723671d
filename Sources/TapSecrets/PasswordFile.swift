import Glibc
import Taproom

/// Reads the names and hashes in a file as `htpasswd` writes it: lines of the form `NAME:HASH`.
///
/// Empty lines and those that begin with `#` are left out, and so is what follows a second colon. Lines may end with CR LF.
package enum PasswordFile {
    /// The greatest size in bytes.
    private static let maximumBytes = 4 << 20

    /// The users in a file.
    ///
    /// Throws ``PasswordFileError`` when it can't be read, or when one of its lines can't be used.
    package static func read(_ path: String) throws(PasswordFileError) -> [String: UserPassword] {
        let bytes: [UInt8]
        do throws(SystemCallError) {
            bytes = try SmallFile.read(path, atMost: maximumBytes).bytes
        } catch {
            let reason = error.code == EFBIG ? "has more than 4 MiB" : "can't be read: \(error.reason)"
            throw PasswordFileError(path: path, line: nil, problem: reason)
        }
        return try users(in: bytes, path)
    }

    private static func users(in bytes: [UInt8], _ path: String) throws(PasswordFileError) -> [String: UserPassword] {
        var users: [String: UserPassword] = [:]
        for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            let line = line.last == 0x0D ? line.dropLast() : line
            guard !line.isEmpty, line.first != UInt8(ascii: "#") else { continue }
            let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
            func failure(_ problem: String) -> PasswordFileError {
                PasswordFileError(path: path, line: index + 1, problem: problem)
            }
            guard parts.count > 1, let name = String(validating: parts[0], as: UTF8.self), UserTable.isName(name),
                let hash = String(validating: parts[1], as: UTF8.self)
            else { throw failure("must be written NAME:HASH") }
            guard users[name] == nil else { throw failure("names \"\(name)\", who has a line already") }
            do {
                users[name] = try UserPassword(hash: hash)
            } catch {
                throw failure("the password of \"\(name)\" \(error)")
            }
        }
        return users
    }
}

/// A file of passwords that can't be used.
package struct PasswordFileError: Error, Equatable, CustomStringConvertible {
    /// The file.
    package let path: String
    /// Counted from 1; nil: it is not about a line.
    package let line: Int?
    /// What is wrong, to be read behind the file or the line.
    package let problem: String

    /// The file, the line, what is wrong, and what to do.
    package var description: String {
        guard let line else {
            return "the file of passwords \(path) \(problem). Name a file that the user of the service may read."
        }
        return "the file of passwords \(path), line \(line): \(problem)."
    }
}
