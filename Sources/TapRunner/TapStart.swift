import Logging
package import TapConfig
import TapControl
package import TapFile
import TapProcess
import Taproom

/// A tap that is about to be run: everything in it is known and checked, and what the start changes in it is pending.
struct PreparedTap {
    let tap: Tap
    let application: Application
    let planned: [PlannedService]
    /// Who it runs as; nil: who starts it.
    let account: Account?
    /// Where the description and what was changed at run time disagreed, and one of them was taken.
    let overruled: MergeConflict?

    /// Takes back what the start changed, and closes the tap.
    ///
    /// What fails here is mended by the next start, which takes pending revisions back too.
    func undo() { PreparedTap.undo(tap) }

    fileprivate static func undo(_ tap: Tap) {
        _ = try? tap.commit { try tap.failPendingRevisions() }
        try? tap.close()
    }
}

extension Logger {
    /// Says where a description and what was changed at run time disagreed, and which of them counts.
    func note(_ overruled: MergeConflict?, _ description: DescriptionSource) {
        guard let overruled, let side = description.side else { return }
        for line in overruled.description.split(separator: "\n") {
            warning(
                "file and running application disagree", metadata: ["taken": "\(side.rawValue)", "where": "\(line)"])
        }
    }
}

extension TapWriter {
    /// The thread of a tap that is run: the log has what it could not store.
    convenience init(_ tap: sending Tap, _ logger: Logger) throws(SystemCallError) {
        try self.init(tap) { error in logger.error("state cannot be stored", metadata: ["error": "\(error)"]) }
    }
}

/// Opens taps to run them.
package struct TapStart {
    private let configuration: RunnerConfiguration
    /// Who changes something, which few starts do: a name costs a look into the data bases of the system.
    private var author: Authorship { Authorship(author: UserName.current, origin: "tapd") }

    /// A start with what a configuration says.
    package init(_ configuration: RunnerConfiguration) { self.configuration = configuration }

    private var logger: Logger { configuration.logger }

    /// Opens a tap, or makes it, and brings it to what is to run: the point that was asked for, in the form of this program's
    /// kinds, merged with the description, each service checked.
    ///
    /// Whatever that changes is stored as pending: it counts when the application serves, and is taken back when it never
    /// does. The code of kinds is run with the rights of the account that the application will run as.
    ///
    /// Throws a `ReportableError`; the tap is then as it was.
    ///
    /// `lock` is the right to the tap when another process had it until now; a damaged tap is not mended then.
    func prepare(_ source: TapSource, holding lock: TapLock? = nil) throws -> PreparedTap {
        let tap = try open(source, lock)
        do {
            try goBack(tap, to: source.point)
            let text = try source.description?.read()
            let (application, planned, overruled) = try `as`(account(of: tap)) {
                // First, so that what is merged is in one form, and a service whose kind has another word stays the same.
                try migrate(tap)
                var overruled: MergeConflict?
                if let text, let description = source.description {
                    overruled = try merge(description, text, into: tap)
                }
                let application = try tap.application()
                sayWhatIsQuarantined(application)
                return (application, try plans(of: application, in: tap), overruled)
            }
            if planned.contains(where: \.hasTables) {
                try tap.openReadingConnection()
            }
            // The merge may have named another account.
            return PreparedTap(
                tap: tap, application: application, planned: planned, account: try account(of: tap),
                overruled: overruled)
        } catch {
            PreparedTap.undo(tap)
            throw error
        }
    }

    /// Finds out whether this program could run an application that another one runs, and changes nothing.
    ///
    /// Throws what ``prepare(_:holding:)`` would, as far as it can be known.
    func rehearse(_ source: TapSource, holding lock: TapLock) throws {
        guard case .file(let path, let passphrase) = source.place else { return }
        let tap = try Tap(opening: path, for: .besideWriter, passphrase: passphrase, holding: lock)
        try tap.checkCells(kinds: configuration.kinds)
        _ = try tap.pendingMigrations(kinds: configuration.kinds)
        let application = try tap.migratedApplication(kinds: configuration.kinds)
        let merged = try source.description.map {
            try $0.merged($0.read(), into: tap, application, kinds: configuration.kinds).change.new
        }
        _ = try plans(of: merged ?? application, in: tap)
        try tap.close()
    }

    /// Brings a tap that does not run to what this program would run, as a start does, and leaves it there.
    ///
    /// Answers the revision that makes it so, nil when there was nothing to do; and where the description was overruled.
    /// Throws what ``prepare(_:holding:)`` does; the tap is then as it was.
    package func bringUp(_ source: TapSource) throws -> (revision: Int?, overruled: MergeConflict?) {
        let prepared = try prepare(source)
        do {
            let before = try prepared.tap.activeRevision()
            try prepared.tap.commit { try prepared.tap.activatePendingRevisions() }
            let after = try prepared.tap.activeRevision()
            try prepared.tap.close()
            return (after == before ? nil : after, prepared.overruled)
        } catch {
            prepared.undo()
            throw error
        }
    }

    private func plans(of application: Application, in tap: Tap) throws -> [PlannedService] {
        do throws(RunnerError) {
            return try PlannedService.all(
                of: application, kinds: configuration.kinds, quarantine: configuration.isQuarantining)
        } catch .unknownKind(let service, let error) {
            throw RunnerError.unknownKind(service: service, tap.explained(error))
        }
    }

    private func account(of tap: Tap) throws -> Account? {
        let application = try tap.applicationWithoutServices()
        do {
            return try Account.resolve(
                user: configuration.user ?? application.user, group: configuration.group ?? application.group)
        } catch {
            throw RunnerError.account(error)
        }
    }

    private func `as`<Result>(_ account: Account?, _ body: () throws -> Result) throws -> Result {
        try account?.during(body) ?? body()
    }

    private func open(_ source: TapSource, _ lock: TapLock?) throws -> Tap {
        switch source.place {
        case .memory(let application): return try Tap.make(inMemory: application.name, application, by: author)
        case .file(let path, let passphrase):
            let tap =
                try lock.map { try Tap(opening: path, for: .writing, passphrase: passphrase, holding: $0) }
                ?? open(path, passphrase)
            let failed = try tap.commit { try tap.failPendingRevisions() }
            for number in failed {
                logger.warning(
                    "a change was under way at the last end and is taken back", metadata: ["revision": "\(number)"])
            }
            let unconfirmed = try tap.confirmation()
            if let unconfirmed, unconfirmed.isOver {
                let revision = try tap.commit { try tap.takeBackUnconfirmed(by: author.author, origin: author.origin) }
                logger.warning(
                    "a change was not confirmed in time and is taken back",
                    metadata: [
                        "revision": "\(unconfirmed.revision)", "until": "\(unconfirmed.time)",
                        "now": "\(revision.map(String.init) ?? "as before")",
                    ])
            }
            return tap
        }
    }

    /// Opens a tap, or what can be had back of a damaged one.
    ///
    /// A damaged file is never run and never lost: it is set aside under a name that is logged, and the newest point of which
    /// nothing is missing takes its place, as a new revision. Where there is none nothing is done.
    ///
    /// Throws `TapFileError`, or `MigrationError` for a cell that can't be read; the file is then as it was.
    package func open(_ path: String, _ passphrase: String?) throws -> Tap {
        do {
            let tap = try Tap(opening: path, for: .writing, passphrase: passphrase)
            try tap.checkPages()
            try `as`(account(of: tap)) { try tap.checkCells(kinds: configuration.kinds) }
            return tap
        } catch TapFileError.damaged(_, let problem) {
            do {
                try fallBack(path, problem, passphrase)
            } catch TapFileError.damaged(_, let reason) {
                throw TapFileError.damaged(path: path, problem: "\(problem); \(reason)")
            }
            return try Tap(opening: path, for: .writing, passphrase: passphrase)
        }
    }

    private func fallBack(_ path: String, _ problem: String, _ passphrase: String?) throws {
        let lock = try TapLock(path, .writing)
        let rescue = try Rescue(path, passphrase: passphrase)
        let done = try rescue.fallBack(by: author)
        let aside = try rescue.takePlace(holding: lock)
        logger.critical(
            "the tap was damaged",
            metadata: [
                "tap": "\(path)", "problem": "\(problem)", "found": "\(rescue.report.text)", "now": "\(done)",
                "damaged": "\(aside)",
            ])
    }

    private func goBack(_ tap: Tap, to point: String?) throws {
        guard let point else { return }
        let target = try tap.revision(of: point)
        let revision = try tap.commit {
            try tap.rollBack(to: target, RollbackScope(), status: .pending, by: author)
        }
        guard let revision else { return logger.notice("nothing is different", metadata: ["since": "\(target)"]) }
        logger.notice("starting from an earlier point", metadata: ["point": "\(target)", "revision": "\(revision)"])
    }

    /// Answers where the two disagreed, when one of them was taken.
    private func merge(
        _ description: DescriptionSource, _ text: BaseDescription, into tap: Tap
    ) throws -> MergeConflict? {
        let application = try tap.application()
        let decided = try description.merged(text, into: tap, application, kinds: configuration.kinds)
        let overruled = try description.overruled(text, in: tap, application, kinds: configuration.kinds)
        var request = ChangeRequest()
        request.comment = "from \(description.fileName)"
        do {
            guard let revision = try tap.commit({ try tap.store(decided, request, status: .pending, by: author) })
            else { return nil }
            logger.note(overruled, description)
            logger.notice("description merged", metadata: ["file": "\(description.path)", "revision": "\(revision)"])
            return overruled
        } catch ControlError.unconfirmed(let revision, let time) {
            logger.warning(
                "the description is not merged: a change waits to be confirmed",
                metadata: ["file": "\(description.path)", "revision": "\(revision)", "until": "\(time)"])
            return nil
        }
    }

    private func migrate(_ tap: Tap) throws {
        let migrated = try tap.commit {
            try tap.migrate(kinds: configuration.kinds, status: .pending, by: author)
        }
        for migration in migrated { logger.notice("migrated", metadata: ["what": "\(migration.text)"]) }
    }

    private func sayWhatIsQuarantined(_ application: Application) {
        guard configuration.isQuarantining else { return }
        for (path, service) in application.servicesByPath
        where PlannedService.isUnknown(service, to: configuration.kinds) {
            logger.warning(
                "kept in quarantine: no such kind in this program",
                metadata: ["service": "\(path)", "kind": "\(service.kind)"])
        }
    }
}
