import Glibc
package import Taproom

/// What a tap holds at one moment, at rest or while another process runs it: settings, state, and its newest revision, all
/// of the same point.
///
/// Not safe for two threads at once. Nobody starts a tap at rest as long as this is open; beside a running application, which
/// goes on, its log grows meanwhile. Of a running application this is what is on disk: ask it to save first.
package final class TapMoment {
    /// The settings, with all services.
    package let application: Application
    /// The newest revision that was made to run.
    package let revision: Revision
    private let tap: Tap

    /// Opens a tap.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - passphrase: what opens it when it is encrypted.
    ///   - isReadSlowly: whether it may take long until this is closed, as when a person reads what is written of it. Of a
    ///     running application it is then a copy beside the tap that is open, without the history and without a name.
    /// - Throws: ``TapFileError``.
    package init(_ path: String, passphrase: String? = nil, isReadSlowly: Bool = false) throws {
        let tap = try TapMoment.open(path, passphrase, isReadSlowly)
        try tap.database.execute("BEGIN")
        self.tap = tap
        application = try tap.application()
        guard let revision = try tap.history(from: tap.activeRevision()).first else {
            throw TapFileError.damaged(path: path, problem: "it has no revision")
        }
        self.revision = revision
    }

    private static func open(_ path: String, _ passphrase: String?, _ isReadSlowly: Bool) throws -> Tap {
        do throws(TapFileError) {
            return try Tap(opening: path, for: .reading, passphrase: passphrase)
        } catch {
            guard case .inUse(_, let holder) = error, !holder.isReader else { throw error }
        }
        guard isReadSlowly else { return try Tap(beside: path, passphrase: passphrase) }
        let copy = "\(path).moment-\(getpid())"
        try Tap.backUp(running: path, to: copy, withHistory: false, passphrase: passphrase)
        // It goes with whoever has it open, however that ends.
        defer { unlink(copy) }
        return try Tap(opening: copy, for: .reading, passphrase: passphrase)
    }

    /// Writes the state, as ``StateText/write(of:to:)`` does.
    @discardableResult
    package func writeState(to sink: ([UInt8]) throws -> Void) throws -> Int { try StateText.write(of: tap, to: sink) }

    /// Writes the state to a file that is there completely or not at all, mode 0600.
    ///
    /// Answers how many values these are. Throws ``TapFileError``, `.exists` unless a file may be replaced.
    @discardableResult
    package func writeState(toFile path: String, replacing: Bool) throws -> Int {
        var count = 0
        try WholeFile.make(path, replacing: replacing) { (temporary) throws(TapFileError) in
            try WholeFile.write([], new: temporary)
            let file = Glibc.open(temporary, O_WRONLY | O_CLOEXEC)
            guard file >= 0 else { throw .cannotCreate(path: path, cause: SystemCallError("open")) }
            defer { Glibc.close(file) }
            do {
                count = try writeState { try WholeFile.write($0[...], to: file, path) }
            } catch {
                throw error as? TapFileError ?? .damaged(path: tap.path, problem: "\(error)")
            }
        }
        return count
    }

    deinit { try? tap.close() }
}

extension Tap {
    /// Looks at a tap beside another process that runs it.
    ///
    /// Throws ``TapFileError``.
    fileprivate convenience init(beside path: String, passphrase: String?) throws(TapFileError) {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .notPermitted(path: path, action: "open it") }
        // The right is the other's; only the descriptor has to stay open until SQLite has closed the file.
        try self.init(
            opening: path, for: .besideWriter, passphrase: passphrase, holding: TapLock(sharing: descriptor))
        guard !isInMemory else { throw .notATap(path: path, found: "it is being written in an older format") }
    }
}
