import Glibc
package import Taproom

/// Why a package was not made.
package enum PackagingError: ReportableError, Equatable {
    /// The request has these mistakes, at least one.
    case invalid([PackageProblem])
    /// A folder stands where the tree goes, and it is not one that was laid out before.
    case occupied(folder: String)
    /// Something that was to be included can't be: its path, and why not.
    case include(path: String, problem: String)
    /// A program or library of this machine can't be put into a package: its path, and why not.
    case program(path: String, problem: ProgramProblem)
    /// A file of the tree was changed while it was packed.
    case changed(file: String)
    /// More than a package of the format can hold.
    case tooLarge
    /// More files than the list in the header of an rpm has room for.
    case tooManyFiles
    /// The operating system refused a call. Trying again can help when the reason is gone.
    case system(SystemCallError)

    /// What happened and where, a line per mistake.
    package var description: String {
        switch self {
        case .invalid(let problems): problems.map(\.description).joined(separator: "\n")
        case .occupied(let folder): "\(folder) exists and is not the tree of a package"
        case .include(let path, let problem): "\(path) can't be included: \(problem)"
        case .program(let path, let problem): "\(path) \(problem.description)"
        case .changed(let file): "\(file) was changed while it was packed"
        case .tooLarge: "the files are more than a package can hold (9 GB compressed)"
        case .tooManyFiles: "the files are more than an rpm can list (256 MB of names and checksums)"
        case .system(let error): error.description
        }
    }

    /// What to do, where ``description`` does not say it yet.
    package var advice: String? {
        switch self {
        case .invalid: nil
        case .occupied: "Remove it, or choose another folder with --output."
        case .include: "Mend it, or leave it out."
        case .program(_, let problem): problem.advice
        case .changed: "Try again."
        case .tooLarge, .tooManyFiles: "Leave out what the application does not need, with other --include options."
        case .system(let error) where error.code == ENOSPC: "Make room, or choose another folder with --output."
        case .system: "Choose a folder with --output that you may write to."
        }
    }

    /// How a program that stops here ends.
    package var exitStatus: ExitStatus {
        switch self {
        case .invalid(let problems): problems.contains { !$0.isInApplication } ? .usage : .badData
        case .include: .noInput
        case .program: .configuration
        case .changed: .tryAgain
        case .occupied, .tooLarge, .tooManyFiles, .system: .cannotCreate
        }
    }
}
