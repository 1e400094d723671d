import CSQLite
import Glibc
package import TapPages
import Taproom

extension Tap {
    /// Writes a copy of a tap, complete and consistent, to another file, also while the application runs.
    ///
    /// The copy is one moment of the tap: what is committed when this begins. It is compact, encrypted as the tap is, and has
    /// mode 0600. The time grows with the size; a running application goes on meanwhile.
    ///
    /// - Parameters:
    ///   - path: the tap.
    ///   - copy: the file that is made.
    ///   - replacing: whether a file that is there already may be replaced.
    ///   - passphrase: what opens the tap when it is encrypted.
    /// - Throws: ``TapFileError``; no copy is left then.
    package static func backUp(
        _ path: String, to copy: String, replacing: Bool = false, passphrase: String? = nil
    ) throws(TapFileError) {
        let tap: Tap
        do {
            tap = try Tap(opening: path, for: .reading, passphrase: passphrase)
        } catch {
            guard case .inUse(_, let holder) = error, !holder.isReader else { throw error }
            return try backUp(running: path, to: copy, replacing: replacing, passphrase: passphrase)
        }
        try tap.writeCopy(to: copy, tap.protection, replacing: replacing)
        try tap.close()
    }

    /// Writes a copy of a tap that another process runs.
    ///
    /// As ``backUp(_:to:replacing:passphrase:)``; without the history it has only what is now.
    static func backUp(
        running path: String, to copy: String, replacing: Bool = false, withHistory: Bool = true, passphrase: String?
    ) throws(TapFileError) {
        // Open until SQLite has closed the file: its locks (fcntl) would go with it.
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .notPermitted(path: path, action: "open it") }
        defer { Glibc.close(descriptor) }
        guard case .present(let protection) = try TapForm(of: descriptor, path, passphrase) else {
            throw .notATap(path: path, found: "it is being written in an older format")
        }
        var source = TapCopy(source: path, protection, isAtRest: false)
        if !withHistory { source.tables.removeAll { $0 == "past" } }
        try source.write(to: copy, protection, replacing: replacing)
    }

    /// Encrypts a tap at rest with a passphrase, or with another one, or not at all any more.
    ///
    /// The whole file is written anew, with a new key, and takes the place of the old one when it is complete: what was known
    /// of the old key opens nothing any more. Copies that were made before stay as they are.
    ///
    /// - Parameters:
    ///   - path: the tap.
    ///   - old: what opens it now; nil when it is not encrypted.
    ///   - new: what opens it from now on; nil: nothing is needed.
    ///   - cost: what trying the new passphrase costs.
    /// - Throws: ``TapFileError``; the tap is then as it was.
    package static func rekey(
        _ path: String, from old: String?, to new: String?, cost: SealCost = .standard
    ) throws {
        let tap = try Tap(opening: path, for: .writing, passphrase: old)
        try tap.checkpoint()
        var lock: TapLock?
        try tap.writeCopy(to: path, try PageProtection.of(passphrase: new, cost: cost), replacing: true) {
            (temporary) throws(TapFileError) in
            // Nobody can come in between: the new file is locked before it has the name, the old one until it has lost it.
            // And SQLite removes the log by its name when it closes.
            lock = try TapLock(temporary, .writing)
            try tap.database.close()
        }
        try withExtendedLifetime(lock) { try tap.close() }
    }

    /// Writes what this tap holds to a file, protected in one way or the other.
    private func writeCopy(
        to copy: String, _ protection: PageProtection, replacing: Bool,
        beforeNaming: (_ temporary: String) throws(TapFileError) -> Void = { _ in }
    ) throws(TapFileError) {
        guard isInMemory else {
            let source = TapCopy(source: path, self.protection, isAtRest: true)
            return try source.write(to: copy, protection, replacing: replacing, beforeNaming: beforeNaming)
        }
        let bytes = protection.protect(try database.serialized())
        try WholeFile.write(bytes, to: copy, replacing: replacing, beforeNaming: beforeNaming)
    }
}

extension PageProtection {
    /// How the pages of a new tap are protected: encrypted when there is a passphrase.
    static func of(passphrase: String?, cost: SealCost) throws -> PageProtection {
        try passphrase.map { .sealed(try SealHeader.make(passphrase: $0, cost: cost)) } ?? .checked()
    }
}

/// Copies the content of a tap table by table, in one transaction, into a new file.
struct TapCopy {
    private let source: String
    private let protection: PageProtection
    private let isAtRest: Bool
    /// What is copied.
    var tables = Schema.tables

    init(source: String, _ protection: PageProtection, isAtRest: Bool) {
        self.source = source
        self.protection = protection
        self.isAtRest = isAtRest
    }

    func write(
        to copy: String, _ new: PageProtection, replacing: Bool,
        beforeNaming: (_ temporary: String) throws(TapFileError) -> Void = { _ in }
    ) throws(TapFileError) {
        try WholeFile.make(copy, replacing: replacing, likeOwnerOf: replacing ? copy : nil, beforeNaming: beforeNaming)
        {
            (temporary) throws(TapFileError) in
            try WholeFile.write(new.emptyFile, new: temporary)
            let database = try Database(temporary, .readWrite, new)
            // Nobody knows the file yet, and it is synced when it is complete.
            try database.execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
            try database.execute(Schema.settings + Schema.statements)
            let uri = protection.uri(forPath: source, immutable: isAtRest) + (isAtRest ? "" : "&mode=ro")
            try database.execute("ATTACH '\(uri.split(separator: "'").joined(separator: "''"))' AS source; BEGIN")
            for table in tables {
                try database.execute("INSERT INTO main.\(table) SELECT * FROM source.\(table)")
            }
            try database.execute("COMMIT; DETACH source")
            // A sealed tap has no other journal than a log: the header has to say so from the start.
            try database.execute("PRAGMA journal_mode = WAL")
            try database.close()
        }
    }
}
