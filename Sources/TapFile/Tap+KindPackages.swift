package import Taproom

/// Which packages bring the kinds of services that are programs of their own: known also where they are not installed.
extension Tap {
    private static let packagesKey = "kindPackages"

    /// The packages by the words of their kinds, as they were where the tap was made, changed or run.
    ///
    /// Throws ``TapFileError/damaged(path:problem:)`` when what is stored can't be read.
    package func kindPackages() throws -> [String: String] {
        try fact(Tap.packagesKey, as: [String: String].self, named: "which packages bring its kinds") ?? [:]
    }

    /// Notes packages, and keeps those of other kinds: a rollback may bring their services back.
    ///
    /// Inside of ``commit(_:)``.
    package func note(kindPackages packages: [String: String]) throws {
        guard !packages.isEmpty else { return }
        let known = try kindPackages()
        let all = known.merging(packages) { $1 }
        if all != known { try storeFact(Tap.packagesKey, all) }
    }

    /// The error that a kind is not known, with the package that brings it if that is known.
    package func explained(_ error: UnknownKind) -> UnknownKind {
        var error = error
        error.package = error.package ?? (try? kindPackages())?[error.word]
        return error
    }
}
