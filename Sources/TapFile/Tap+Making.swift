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
    ///   - state: what its services remember already; nil: nothing.
    ///   - packages: the packages that bring its kinds, by their words.
    ///   - replacing: whether a file that is there already may be replaced.
    ///   - passphrase: what the tap is encrypted with; nil: it is not.
    ///   - cost: what trying a passphrase costs.
    ///   - authorship: who makes it.
    /// - Throws: ``TapFileError``: `.exists` unless it may be replaced, `.inUse` when the one to be replaced is running,
    ///   `.state` when that can't be read.
    package static func make(
        _ path: String, _ application: Application, base: BaseDescription? = nil, state: InitialState? = nil,
        packages: [String: String] = [:], replacing: Bool = false, passphrase: String? = nil,
        cost: SealCost = .standard, by authorship: Authorship
    ) throws {
        let protection = try PageProtection.of(passphrase: passphrase, cost: cost)
        // Held until the new file has taken the name, so that no runner starts on the old one meanwhile.
        var file = stat()
        let isThere = lstat(path, &file) == 0
        // Known before a long state is read.
        guard replacing || !isThere else { throw TapFileError.exists(path: path) }
        let replaced = isThere ? try TapLock(path, .writing) : nil
        try withExtendedLifetime(replaced) {
            // Until the new file has the name the old one is complete.
            if let replaced { try foldLog(of: path, replaced) }
            let beforeNaming = { (_: String) in if replaced != nil { removeLog(of: path) } }
            guard let state else {
                let tap = try make(
                    inMemory: path, application, base: base, packages: packages, protection, by: authorship)
                let bytes = protection.protect(try tap.database.serialized())
                return try WholeFile.write(bytes, to: path, replacing: replacing, beforeNaming: beforeNaming)
            }
            try WholeFile.make(path, replacing: replacing, beforeNaming: beforeNaming) {
                (temporary) throws(TapFileError) in
                let tap = try Tap(making: temporary, named: path, protection)
                try tap.fill(application, base: base, packages, state, by: authorship)
                // A sealed tap has no other journal than a log: the header has to say so from the start.
                try tap.database.execute("PRAGMA journal_mode = WAL")
                try tap.close()
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
        packages: [String: String] = [:], _ protection: PageProtection = .checked(), by authorship: Authorship
    ) throws -> Tap {
        let tap = try Tap(inMemoryNamed: name, protection)
        try tap.fill(application, base: base, packages, nil, by: authorship)
        return tap
    }

    /// Stores the first revision of an empty tap.
    private func fill(
        _ application: Application, base: BaseDescription?, _ packages: [String: String], _ state: InitialState?,
        by authorship: Authorship
    ) throws(TapFileError) {
        do {
            try commit {
                _ = try store(application)
                if let base { try store(base) }
                try note(kindPackages: packages)
                if let state { try add(state, of: application) }
                try addRevision(.made, by: authorship)
            }
        } catch let error as StateTextError {
            throw .state(error)
        } catch {
            throw error as? TapFileError ?? .damaged(path: path, problem: "\(error)")
        }
    }

    private func add(_ state: InitialState, of application: Application) throws {
        let identities = try identities()
        try StateText.read(state.text, for: application, kinds: state.kinds) { service, cell, row in
            guard let identity = identities[service] else { return }
            let address = StateAddress(service: identity, cell: cell, key: row.key)
            guard try addState(address, row.value) else {
                let place = row.key == .cell ? "the cell \"\(cell)\"" : "the key \(row.key.text) of \"\(cell)\""
                throw StateLineProblem(
                    "\(place) of the service \"\(service)\" stands twice", advice: "Leave one of the lines out.")
            }
        }
    }
}

/// What the services of a new tap remember from the beginning.
package struct InitialState {
    let text: StateTextSource
    let kinds: KindList

    /// State as text, and the kinds that say what can be state.
    package init(_ text: StateTextSource, kinds: KindList) { (self.text, self.kinds) = (text, kinds) }
}
