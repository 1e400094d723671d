package import TapConfig
import TapData
package import TapFile
package import Taproom

/// A change that was decided on: what will be different, and what is kept as the base of later merges.
package struct DecidedChange: Sendable {
    package var change: ApplicationChange
    package var base: BaseDescription?
    /// The services that a description renames: new paths, and those they had.
    var renames: [String: String]
    /// The packages that bring its kinds, by their words.
    var packages: [String: String] = [:]

    package init(_ change: ApplicationChange, base: BaseDescription? = nil, renames: [String: String] = [:]) {
        (self.change, self.base, self.renames) = (change, base, renames)
    }

    /// What comes of a merge without conflicts.
    init(_ merge: Merge, of application: Application, keeping base: BaseDescription) {
        self.init(
            ApplicationChange(from: application, to: merge.application, renames: merge.renames), base: base,
            renames: merge.renames)
    }
}

extension Tap {
    /// The change that a request makes of the application that is stored.
    ///
    /// Throws `EditError`, `DescriptionError`, `MergeConflict`, and ``ControlError`` when another change waits for its
    /// confirmation.
    package func decide(
        _ request: ChangeRequest, on application: Application, kinds: KindList
    ) throws -> DecidedChange {
        var decided = try decideWithoutPackages(request, on: application, kinds: kinds)
        decided.packages = kinds.packages(for: decided.change.new)
        return decided
    }

    private func decideWithoutPackages(
        _ request: ChangeRequest, on application: Application, kinds: KindList
    ) throws -> DecidedChange {
        guard let description = request.description else {
            return DecidedChange(try application.change(by: request.edits, folder: request.folder, kinds: kinds))
        }
        var decided = try decide(description, on: application, kinds: kinds)
        guard !request.edits.isEmpty else { return decided }
        let edited = try decided.change.new.change(by: request.edits, folder: request.folder, kinds: kinds)
        decided.change = ApplicationChange(from: application, to: edited.new, renames: decided.renames)
        return decided
    }

    private func decide(
        _ description: DescriptionText, on application: Application, kinds: KindList
    ) throws -> DecidedChange {
        let reading = { (text: BaseDescription, former: Application?) in
            try DescriptionReader.reading(
                text.text, file: text.fileName, folder: text.folder, kinds: kinds, former: former)
        }
        guard description.replaces == true else {
            return try merge(
                description.base, with: application, favoring: description.onConflict, kinds: kinds, reading: reading)
        }
        let file = try reading(description.base, application)
        let merge = try Merge(replacing: application, with: file.application, renames: file.renames, kinds: kinds)
        return DecidedChange(merge, of: application, keeping: BaseDescription(name: description.file, text: file.text))
    }

    /// The merge of a description with the application that is stored.
    ///
    /// - Parameters:
    ///   - text: the description.
    ///   - application: the application that is stored.
    ///   - side: whose word counts in conflicts.
    ///   - kinds: the kinds of the services.
    ///   - reading: understands a description; passwords keep the hashes they had in an application that was read before.
    /// - Returns: what will be different, and the text as it is kept.
    /// - Throws: `MergeConflict`, which names lines of the file and revisions of the tap, and `DescriptionError`.
    package func merge(
        _ text: BaseDescription, with application: Application, favoring side: Merge.Side?, kinds: KindList,
        reading: (BaseDescription, Application?) throws -> DescriptionReading
    ) throws -> DecidedChange {
        let stored = try base()
        let isSame = stored?.text == text.text
        let base = try stored.map { stored in
            do { return try reading(stored, nil) } catch var error as DescriptionError {
                // Its lines are not those of the file.
                if !isSame { error.file = "\(path): the description it was last merged with" }
                throw error
            }
        }
        let file = try (isSame ? base : nil) ?? reading(text, base?.application)
        let merge = try Merge(
            base: base?.application, file: file.application, running: application, renames: file.renames,
            favoring: side, kinds: kinds)
        guard merge.conflicts.isEmpty else {
            let conflicts = try merge.conflicts.map { conflict in
                var conflict = conflict
                let place = position(of: conflict.path, in: file)
                (conflict.line, conflict.column) = (place.line, place.column)
                conflict.extended = file.file(of: place)
                let blame = try lastChange(of: conflict.path, in: application)
                (conflict.revision, conflict.author) = (blame?.revision, blame?.author)
                return conflict
            }
            throw MergeConflict(file: text.fileName, tap: path, conflicts: conflicts)
        }
        var decided = DecidedChange(
            merge, of: application, keeping: BaseDescription(name: text.name, text: file.text))
        decided.packages = kinds.packages(for: merge.application)
        return decided
    }

    func position(of path: String, in file: DescriptionReading) -> Position {
        // Where a service is gone from the file, the list is shown that it is missing in.
        let parsed = try? EditPath(path, in: file.application)
        return file.position(
            of: parsed ?? EditPath(service: path.split(separator: ".").first.map(String.init), keys: []))
    }

    /// Stores a change, when it makes a difference, as a revision.
    ///
    /// Inside of ``commit(_:)``. Answers the revision.
    package func store(
        _ decided: DecidedChange, _ request: ChangeRequest, status: Revision.Status, by authorship: Authorship
    ) throws -> Int? {
        try checkExpected(by: authorship)
        let isOtherText = try decided.base.map { base in try self.base()?.text != base.text } ?? false
        guard isOtherText || !decided.change.isEmpty else { return nil }
        if let limit = request.confirm, limit.milliseconds <= 0 {
            throw ControlError.badRequest("confirm must be 1ms or more, but is \(limit)")
        }
        try checkNothingUnconfirmed()
        let fallback = try activeRevision()
        _ = try store(decided.change)
        try note(kindPackages: decided.packages)
        if let base = decided.base { try store(base) }
        var authorship = authorship
        if let comment = request.comment { authorship.comment = comment }
        if authorship.comment.isEmpty { authorship.comment = request.summary }
        let kind: Revision.Kind = decided.base == nil ? .change : .import
        let revision = try addRevision(kind, status: status, by: authorship)
        if let limit = request.confirm {
            try store(
                Confirmation(
                    revision: revision, fallback: fallback, deadline: Confirmation.now + Int64(limit.milliseconds)))
        }
        return revision
    }

    /// Throws ``ControlError/unconfirmed(revision:until:)`` when a change waits for its confirmation.
    package func checkNothingUnconfirmed() throws {
        guard let waiting = try confirmation() else { return }
        throw ControlError.unconfirmed(revision: waiting.revision, until: waiting.time)
    }

    /// Says that the change that waits for it counts for good.
    ///
    /// Inside of ``commit(_:)``. Answers its revision. Throws ``ControlError/nothingToConfirm``.
    package func confirm() throws -> Int {
        guard let waiting = try confirmation() else { throw ControlError.nothingToConfirm }
        try store(nil as Confirmation?)
        return waiting.revision
    }
}
