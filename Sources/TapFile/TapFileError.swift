import CSQLite
package import TapPages
package import Taproom

/// A tap that can't be opened, read or changed.
package enum TapFileError: ReportableError, StorageFailure, Equatable {
    case missing(path: String)
    /// A directory, a FIFO, a device.
    case notAFile(path: String, what: String)
    case notPermitted(path: String, action: String)
    /// A file of another sort: text, an empty file, somebody else's database.
    case notATap(path: String, found: String)
    case newerFormat(path: String, format: Int, known: Int)
    case damaged(path: String, problem: String)
    /// An encrypted tap that can't be opened.
    case sealed(SealError)
    /// A state text that no tap can be made with.
    case state(StateTextError)
    case inUse(path: String, holder: LockHolder)
    case exists(path: String)
    case cannotCreate(path: String, cause: SystemCallError)
    case unknownRevision(Int, latest: Int)
    case unknownService(String, known: [String])
    /// SQLite's result code without its extension, and its words.
    case storage(path: String, code: Int32, problem: String)

    package var description: String {
        switch self {
        case .missing(let path): "\(path): there is no such tap"
        case .notAFile(let path, let what): "\(path): is \(what), not a tap"
        case .notPermitted(let path, let action): "\(path): cannot \(action): permission denied"
        case .notATap(let path, let found): "\(path): is not a tap: \(found)"
        case .newerFormat(let path, let format, let known):
            "\(path): was written in format \(format), and this program knows format \(known)"
        case .damaged(let path, let problem): "\(path): the tap is damaged: \(problem)"
        case .sealed(let error): error.description
        case .state(let error): error.description
        case .inUse(let path, let holder): "\(path): is in use by \(holder)"
        case .exists(let path): "\(path): exists already"
        case .cannotCreate(let path, let cause): "\(path): cannot be made: \(cause.reason)"
        case .unknownRevision(let number, let latest): "there is no revision \(number): the latest is \(latest)"
        case .unknownService(let name, let known):
            "there is no service \"\(name)\". The application has: \(known.isEmpty ? "none" : known.joined(separator: ", "))"
        case .storage(let path, _, let problem): "\(path): cannot be read or written: \(problem)"
        }
    }

    package var advice: String? {
        switch self {
        case .missing: "mktap makes one: mktap web --static DIR"
        case .notATap: "Nothing was changed."
        case .notPermitted: "Use the account that owns it, or root."
        case .newerFormat: "Use the program that wrote it, or a newer one. The tap was left as it is."
        case .damaged: "It was left as it is. tapctl repair makes a new tap of what can be read."
        case .sealed(let error): error.advice
        case .state(let error): error.advice
        case .inUse(_, let holder):
            holder.isReader ? "Try again in a moment." : "Stop it first, or use tapctl, which talks to it."
        case .exists: "Use --force to replace it, or name another file (mktap: --output)."
        case .cannotCreate: "Choose another place (mktap: --output)."
        case .storage(_, SQLITE_FULL, _): "Make room on the disk; nothing that was acknowledged is lost."
        default: nil
        }
    }

    package var exitStatus: ExitStatus {
        switch self {
        case .missing: .noInput
        case .notAFile, .notATap, .newerFormat, .damaged: .badData
        case .notPermitted: .notPermitted
        case .sealed(let error): error.exitStatus
        case .state(let error): error.exitStatus
        case .inUse: .tryAgain
        case .exists, .cannotCreate: .cannotCreate
        case .unknownRevision, .unknownService: .usage
        case .storage(_, let code, _):
            switch code {
            case SQLITE_BUSY, SQLITE_LOCKED: .tryAgain
            case SQLITE_PERM, SQLITE_AUTH, SQLITE_READONLY: .notPermitted
            default: .inputOutput
            }
        }
    }
}
