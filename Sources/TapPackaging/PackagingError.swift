import Glibc
package import Taproom

/// Why a package was not made.
package enum PackagingError: ReportableError, Equatable {
    /// The request has these mistakes, at least one.
    case invalid([PackageProblem])
    /// A folder stands where the tree goes, and it is not one that was laid out before.
    case occupied(folder: String)
    /// The operating system refused a call. Trying again can help when the reason is gone.
    case system(SystemCallError)

    /// What happened and where, a line per mistake.
    package var description: String {
        switch self {
        case .invalid(let problems): problems.map(\.description).joined(separator: "\n")
        case .occupied(let folder): "\(folder) exists and is not the tree of a package"
        case .system(let error): error.description
        }
    }

    /// What to do, where ``description`` does not say it yet.
    package var advice: String? {
        switch self {
        case .invalid: nil
        case .occupied: "Remove it, or choose another folder with --output."
        case .system(let error) where error.code == ENOSPC: "Make room, or choose another folder with --output."
        case .system: "Choose a folder with --output that you may write to."
        }
    }

    /// How a program that stops here ends.
    package var exitStatus: ExitStatus {
        switch self {
        case .invalid(let problems): problems.contains { !$0.isInApplication } ? .usage : .badData
        case .occupied, .system: .cannotCreate
        }
    }
}
