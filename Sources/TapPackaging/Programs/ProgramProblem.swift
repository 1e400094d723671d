/// Why a program of this machine can't be put into a package.
package enum ProgramProblem: Sendable, Equatable {
    /// It is something else: a script, or a program of 32 bits.
    case notELF
    /// A part of it is said to lie outside of the file.
    case damaged(part: String)
    /// It is for a machine that packages have no name for, by its number in the System V ABI.
    case machine(UInt16)
    /// A library that it needs is not on this machine.
    case missing(library: String)
    /// A library belongs to no system, and the loader would not look for it beside the file that needs it.
    case elsewhere(library: String)

    /// To be read behind the path of the program.
    var description: String {
        switch self {
        case .notELF: "is not a program of 64 bits, little-endian, in the format ELF"
        case .damaged(let part): "is damaged: its \(part) is not in the file"
        case .machine(let number):
            "is for the machine \(number) of ELF, and packages are for x86-64 (62) and arm64 (183)"
        case .missing(let library): "needs \(library), which is not on this machine"
        case .elsewhere(let library):
            "needs \(library), which no system has, and would not find it beside itself, for its run path has no $ORIGIN"
        }
    }

    /// What to do.
    var advice: String {
        switch self {
        case .notELF, .damaged: "Build it again."
        case .machine: "Build it on one of these machines."
        case .missing: "Install the library."
        case .elsewhere: "Build it with: swift build -c release --static-swift-stdlib"
        }
    }
}
