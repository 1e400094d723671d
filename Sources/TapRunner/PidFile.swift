import Glibc
import TapFile
package import TapProcess
package import Taproom

/// The file that says which process an application runs in, locked as long as it does.
///
/// The lock (flock(2)) decides, and not what the file says: a file that a dead process left, or a number that the kernel has
/// given to another process since, is in nobody's way.
package final class PidFile: Sendable {
    package let path: String
    /// Open, and locked.
    package let descriptor: CInt
    private let owner: UInt32

    /// Opens the file, makes it when it is not there, and locks it.
    ///
    /// Throws ``PidFileError``; a file that is something else is left as it is.
    package init(_ path: String) throws(PidFileError) {
        self.path = path
        while true {
            let descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0o644)
            guard descriptor >= 0 else { throw .notOpened(path: path, code: errno) }
            var file = stat()
            let isLocked = flock(descriptor, LOCK_EX | LOCK_NB) == 0
            guard fstat(descriptor, &file) == 0, isLocked else {
                defer { close(descriptor) }
                throw .held(path: path, by: LockHolder(of: descriptor).description)
            }
            // Whoever had it may have removed it after it was opened here.
            guard PidFile.isAt(path, file) else {
                close(descriptor)
                continue
            }
            guard file.st_mode & S_IFMT == S_IFREG, PidFile.isPidFile(descriptor) else {
                close(descriptor)
                throw .somethingElse(path: path)
            }
            (self.descriptor, owner) = (descriptor, file.st_uid)
            return
        }
    }

    /// The file that another process locked and handed over.
    package init(_ path: String, holding descriptor: CInt) {
        (self.path, self.descriptor, owner) = (path, descriptor, geteuid())
    }

    deinit { close(descriptor) }

    /// Whether a file is what its path leads to now.
    private static func isAt(_ path: String, _ file: stat) -> Bool {
        var there = stat()
        return lstat(path, &there) == 0 && there.st_ino == file.st_ino && there.st_dev == file.st_dev
    }

    /// Whether a file is empty or has the number of a process in it.
    private static func isPidFile(_ descriptor: CInt) -> Bool {
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard (0..<32).contains(count) else { return false }
        let digits = bytes[..<count].reversed().drop { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: " ") }
        return digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    /// Gives the file to the account that the application runs as; nil: it keeps its own.
    ///
    /// Throws ``PidFileError/foreign(path:owner:)`` when it is somebody else's, who could write another number into it.
    package func give(to account: Account?) throws(PidFileError) {
        guard [0, geteuid(), account?.user ?? geteuid()].contains(owner) else {
            throw .foreign(path: path, owner: owner)
        }
        guard let account, account.isChange else { return }
        guard fchown(descriptor, account.user, account.group) == 0 else { throw .notWritten(path: path, code: errno) }
    }

    /// Writes the number of this process.
    package func write() throws(PidFileError) {
        let text = Array("\(getpid())\n".utf8)
        guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.count, 0) == text.count else {
            throw .notWritten(path: path, code: errno)
        }
    }

    /// Removes the file, or empties it where it can't be removed.
    ///
    /// In another root folder its path leads to another file, or nowhere.
    package func remove() {
        var file = stat()
        let isHere = fstat(descriptor, &file) == 0 && PidFile.isAt(path, file)
        if !isHere || unlink(path) != 0 { _ = ftruncate(descriptor, 0) }
    }
}

/// A pid file that can't be used.
package enum PidFileError: ReportableError, Equatable {
    case held(path: String, by: String)
    case notOpened(path: String, code: CInt)
    case notWritten(path: String, code: CInt)
    case somethingElse(path: String)
    case foreign(path: String, owner: UInt32)

    package var description: String {
        switch self {
        case .held(let path, let holder): "\(path): the application runs already, in \(holder)"
        case .notOpened(let path, ELOOP): "\(path): is a symbolic link, which a pid file must not be"
        case .notOpened(let path, let code):
            "\(path): the pid file cannot be made: \(SystemCallError("open", code: code).reason)"
        case .notWritten(let path, let code):
            "\(path): the pid file cannot be written: \(SystemCallError("write", code: code).reason)"
        case .somethingElse(let path): "\(path): is no pid file, for it holds something else, and is left as it is"
        case .foreign(let path, let owner): "\(path): the pid file belongs to the user with the number \(owner)"
        }
    }

    package var advice: String? {
        switch self {
        case .held: "Stop it first, or use another --pidfile."
        case .notOpened(_, ENOENT): "Make its folder, or choose another place with --pidfile."
        case .foreign: "Remove it, or choose another place with --pidfile."
        default: "Choose another place with --pidfile."
        }
    }

    package var exitStatus: ExitStatus {
        switch self {
        case .held: .tryAgain
        case .notOpened(_, EACCES), .notOpened(_, EPERM), .foreign: .notPermitted
        case .notOpened, .somethingElse: .cannotCreate
        case .notWritten: .inputOutput
        }
    }
}
