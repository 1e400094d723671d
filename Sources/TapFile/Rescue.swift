import CSQLite
import Glibc
import TapData
import TapPages
package import Taproom

/// What can be had back from a damaged tap, read page by page, past SQLite.
package struct Rescue {
    /// What was found, and what was not.
    package struct Report: Sendable, Equatable, Encodable {
        /// The pages of the tap, and those that are not what was written.
        package var pages: Int
        package var badPages: [Int]
        /// Whether acknowledged changes at the end of the log are lost.
        package var isLogDamaged: Bool
        /// Rows of each table that were found.
        package var found: [String: Int]
        /// Values of state that are known to be missing now.
        package var lost: [LostValue]
        /// The newest point of which nothing is missing; nil: there is none.
        package var goodRevision: Int?
        /// Whether everything is there that holds now.
        package var isNowWhole: Bool { goodRevision != nil && lost.allSatisfy { $0.died != nil } }
        /// What happened, in a sentence.
        package var text: String {
            var parts: [String] = []
            if !badPages.isEmpty { parts.append("\(badPages.count) of \(pages) pages are not what was written") }
            if isLogDamaged { parts.append("acknowledged changes at the end of its log are lost") }
            parts.append(lost.isEmpty ? "no stored value is missing" : "\(lost.count) stored values are missing")
            return parts.joined(separator: ", ")
        }
    }

    /// A value of state that the indexes know and no page has.
    package struct LostValue: Sendable, Hashable, Encodable {
        package var address: StateAddress
        package var born: Int
        /// Nil: it would hold now.
        package var died: Int?
        /// The path of its service, as far as that is known.
        package var service: String?

        /// As people read it: `web.state.visits.alice since revision 7`.
        package var text: String {
            let key = address.key == .cell ? "" : ".\(address.key.text)"
            let name = "\(service ?? "service \(address.service)").state.\(address.cell)\(key)"
            return died.map { "\(name) from revision \(born) to \($0 - 1)" } ?? "\(name) since revision \(born)"
        }

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(text)
        }

        func holds(at revision: Int) -> Bool { born <= revision && (died.map { $0 > revision } ?? true) }
    }

    /// The rescued tap, in memory, encrypted as the damaged one was when it is written.
    let tap: Tap
    package let report: Report

    /// Reads a damaged tap, which is left as it is.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - passphrase: what opens it when it is encrypted.
    /// - Throws: ``TapFileError`` when nothing can be had back, or when it is no tap.
    package init(_ path: String, passphrase: String? = nil) throws {
        try Tap.checkIsFile(path)
        let protection = try Rescue.protection(path, passphrase)
        let image: PageImage
        do {
            image = try PageImage(path: path, protection: protection)
        } catch {
            throw TapFileError.storage(path: path, code: SQLITE_IOERR, problem: "\(error)")
        }
        var records = RescuedRecords()
        _ = RecordScanner(image).scan { records.take($0) }
        guard !records.revisions.isEmpty, !records.applications.isEmpty else {
            throw TapFileError.damaged(path: path, problem: "its history can't be read any more")
        }
        tap = try Tap(inMemoryNamed: path, protection)
        let log = image.log.ending
        let isLogDamaged = if case .damaged = log { true } else { false }
        try tap.commit { [tap] in try records.store(in: tap.database) }
        let paths = try tap.database.rows("SELECT id, path FROM service") { ($0.integer(0), $0.text(1)) }
        let names = Dictionary(paths) { _, newer in newer }
        let lost = records.lost.map { value in
            var value = value
            value.service = names[value.address.service]
            return value
        }
        report = Report(
            pages: Int(image.pageCount), badPages: image.badPages().map(Int.init), isLogDamaged: isLogDamaged,
            found: records.counts, lost: lost, goodRevision: try tap.newestGoodRevision(lost: lost))
    }

    /// A tap whose header can't be read is taken for one that is not encrypted.
    private static func protection(_ path: String, _ passphrase: String?) throws(TapFileError) -> PageProtection {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .notPermitted(path: path, action: "open it") }
        defer { Glibc.close(descriptor) }
        do throws(TapFileError) {
            if case .present(let protection) = try TapForm(of: descriptor, path, passphrase) { return protection }
        } catch {
            guard case .damaged = error else { throw error }
        }
        return .checked()
    }

    /// Goes back to the newest point of which nothing is missing, as a new revision; or stays where it is, when nothing is
    /// missing now.
    ///
    /// Points of which something is missing are marked as failed. Answers what was done, for the log. Throws
    /// ``TapFileError`` when there is no good point.
    package func fallBack(by authorship: Authorship) throws -> String {
        guard let good = report.goodRevision else {
            throw TapFileError.damaged(path: tap.path, problem: "\(report.text), and no point of its history is whole")
        }
        let done = report.isNowWhole ? "it goes on as it was last read" : "it goes on as at revision \(good)"
        try tap.commit {
            for revision in try tap.history() where report.lost.contains(where: { $0.holds(at: revision.revision) }) {
                try tap.database.query(
                    "UPDATE revision SET status = 'failed', comment = ? WHERE number = ?",
                    [.text("damaged: not all of it could be read"), .integer(Int64(revision.revision))])
            }
            var authorship = authorship
            authorship.comment = "the tap was damaged: \(report.text)"
            if !report.isNowWhole {
                _ = try tap.rollBack(to: good, RollbackScope(), by: authorship)
            } else {
                try tap.addRevision(.snapshot, by: authorship)
            }
        }
        return done
    }

    /// Writes the rescued tap to a new file, complete or not at all.
    ///
    /// Throws ``TapFileError``.
    package func write(to path: String, replacing: Bool) throws(TapFileError) {
        try WholeFile.write(tap.protection.protect(try tap.database.serialized()), to: path, replacing: replacing)
    }

    /// Puts the rescued tap into the place of the damaged one, which stays beside it under another name.
    ///
    /// `lock` is the right to the damaged file. Answers the name the damaged one has now.
    package func takePlace(holding lock: TapLock) throws(TapFileError) -> String {
        let time = String(Timestamp.now.prefix(19).filter { $0 != ":" })
        let name = "\(tap.path).damaged-\(time)"
        return try withExtendedLifetime(lock) { () throws(TapFileError) in
            try tap.replaceFile(tap.path, keepingOldAs: name).oldName
        }
    }
}

extension Tap {
    /// The newest point of which everything is there.
    fileprivate func newestGoodRevision(lost: [Rescue.LostValue]) throws -> Int? {
        try history().reversed().first { revision in
            [.active, .superseded].contains(revision.status)
                && !lost.contains { $0.holds(at: revision.revision) }
                && (try? application(at: revision.revision)) != nil
        }?.revision
    }
}
