/// The program that runs a packaged application.
package enum PackagedRunner: Sendable, Equatable {
    /// That of the package `taproom`, which the package depends on.
    case shared
    /// One that is in the package itself.
    case bundled(BundledProgram)
}

/// A program with all tools and kinds in it, with what it needs from the system.
package struct BundledProgram: Sendable, Equatable {
    /// The file on this machine.
    package var path: String
    /// What machine it is for.
    package var architecture: PackageArchitecture
    /// The packages of Debian that have its libraries, as they stand in `Depends`.
    package var debianDependencies: [String]
    /// Libraries of the system of which the package in Debian is not known.
    package var unknownLibraries: [String]
    /// The libraries it asks the system for, as rpm names them: `libc.so.6(GLIBC_2.36)(64bit)`.
    package var libraryNames: [String]
    /// Libraries that no distribution has, put beside it: name and file.
    package var ownLibraries: [String: String]

    package init(
        path: String, architecture: PackageArchitecture, debianDependencies: [String], libraryNames: [String],
        unknownLibraries: [String] = [], ownLibraries: [String: String] = [:]
    ) {
        self.path = path
        self.architecture = architecture
        self.debianDependencies = debianDependencies
        self.libraryNames = libraryNames
        self.unknownLibraries = unknownLibraries
        self.ownLibraries = ownLibraries
    }
}

/// The machines that packages can be for, each with the names that formats have for it.
package enum PackageArchitecture: String, Sendable, Equatable {
    /// Any machine: there is no program in the package.
    case all
    case x86
    case arm

    /// As in Debian's `Architecture`.
    package var debianName: String {
        switch self {
        case .all: "all"
        case .x86: "amd64"
        case .arm: "arm64"
        }
    }

    /// As in the header of an rpm.
    package var rpmName: String {
        switch self {
        case .all: "noarch"
        case .x86: "x86_64"
        case .arm: "aarch64"
        }
    }

    /// As in the configuration of an OCI image (the values of Go's GOARCH); of any machine: none.
    package var imageName: String? { self == .all ? nil : debianName }
}
