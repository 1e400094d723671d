import Glibc
package import TapPages
package import Taproom

extension Tap {
    /// Makes the file of a new tap with an application as its first revision.
    ///
    /// The file appears complete or not at all, mode 0600.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - application: what it holds.
    ///   - base: the description it was made from.
    ///   - replacing: whether a file that is there already may be replaced.
    ///   - passphrase: what the tap is encrypted with; nil: it is not.
    ///   - cost: what trying a passphrase costs.
    ///   - authorship: who makes it.
    /// - Throws: ``TapFileError``: `.exists` unless it may be replaced, `.inUse` when the one to be replaced is running.
    package static func make(
        _ path: String, _ application: Application, base: BaseDescription? = nil, replacing: Bool = false,
        passphrase: String? = nil, cost: SealCost = .standard, by authorship: Authorship
    ) throws {
        let protection = try PageProtection.of(passphrase: passphrase, cost: cost)
        let tap = try make(inMemory: path, application, base: base, protection, by: authorship)
        // Held until the new file has taken the name, so that no runner starts on the old one meanwhile.
        var file = stat()
        let replaced = replacing && lstat(path, &file) == 0 ? try TapLock(path, .writing) : nil
        try withExtendedLifetime(replaced) {
            // Until the new file has the name the old one is complete.
            if let replaced { try foldLog(of: path, replaced) }
            try WholeFile.write(protection.protect(tap.database.serialized()), to: path, replacing: replacing) { _ in
                if replaced != nil { removeLog(of: path) }
            }
        }
    }

    /// Folds what a crash left in the log of a tap into its file, if it is one that can be read here.
    private static func foldLog(of path: String, _ lock: TapLock) throws(TapFileError) {
        guard access(path + "-wal", F_OK) == 0 else { return }
        do throws(TapFileError) {
            var protection: PageProtection?
            if case .present(let found) = try TapForm(of: lock.descriptor, path, nil) { protection = found }
            let old = try Database(path, .readWrite, protection)
            try old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            try old.close()
        } catch {
            switch error {
            // Without the passphrase the log of an encrypted tap can't be folded in: whoever has it opens the tap once.
            case .storage, .sealed(.passphraseNeeded): throw error
            default: return
            }
        }
    }

    /// What a crash left in the log of a file that can't be read must not be read into the one that takes its place.
    private static func removeLog(of path: String) {
        guard access(path + "-wal", F_OK) == 0 else { return }
        unlink(path + "-wal")
        unlink(path + "-shm")
    }

    /// Makes a tap in memory with an application as its first revision.
    package static func make(
        inMemory name: String, _ application: Application, base: BaseDescription? = nil,
        _ protection: PageProtection = .checked(), by authorship: Authorship
    ) throws -> Tap {
        let tap = try Tap(inMemoryNamed: name, protection)
        try tap.commit {
            _ = try tap.store(application)
            if let base { try tap.store(base) }
            try tap.addRevision(.made, by: authorship)
        }
        return tap
    }
}
