package import TapConfig
package import TapFile
package import Taproom

/// Where the application that is run comes from.
package struct TapSource: Sendable {
    package enum Place: Sendable {
        case file(String, passphrase: String?)
        case memory(Application)
    }

    package var place: Place
    /// What the tap is made from, and merged with at each start.
    package var description: DescriptionSource?
    /// The point to start from: a revision's number, a snapshot's name or a time; nil: as it is.
    package var point: String?

    package init(_ place: Place, description: DescriptionSource? = nil, point: String? = nil) {
        self.place = place
        self.description = description
        self.point = point
    }

    /// The path of the tap, or nil in memory.
    package var path: String? {
        if case .file(let path, _) = place { path } else { nil }
    }

    /// The same, wherever the process works from now on.
    var placed: TapSource {
        var placed = self
        if case .file(let path, let passphrase) = place {
            placed.place = .file(LocalPath(path, in: LocalPath.workingFolder).text, passphrase: passphrase)
        }
        return placed
    }
}

/// A description that an application is run from.
package struct DescriptionSource: Sendable {
    /// What a description says, and its text.
    package struct Reading: Sendable {
        package var application: Application
        package var base: BaseDescription

        package init(application: Application, base: BaseDescription) {
            self.application = application
            self.base = base
        }
    }

    /// The file.
    package let path: String
    /// Whose word counts where file and run-time change disagree; nil: nothing is done then.
    package let side: Merge.Side?
    private let read: @Sendable () throws -> Reading
    private let application: @Sendable (BaseDescription) throws -> Application

    /// Names a description and how it is read.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - side: whose word counts in conflicts.
    ///   - read: reads the file as it is now.
    ///   - application: reads a text that it had before.
    package init(
        _ path: String, favoring side: Merge.Side?, read: @escaping @Sendable () throws -> Reading,
        application: @escaping @Sendable (BaseDescription) throws -> Application
    ) {
        (self.path, self.side, self.read, self.application) = (path, side, read, application)
    }

    /// The application of a tap after a merge with the description as it is now, and the text of that.
    ///
    /// Throws `MergeConflict` and what is wrong with the description.
    func merged(into tap: Tap, kinds: KindList) throws -> Reading {
        let file = try read()
        let merge = try Merge(
            base: tap.base().map(application), file: file.application, running: tap.application(), favoring: side)
        guard merge.conflicts.isEmpty else {
            throw MergeConflict(file: path, tap: tap.path, conflicts: merge.conflicts)
        }
        return Reading(application: try merge.application(kinds: kinds), base: file.base)
    }

    /// Stores a merge, when it makes a difference, as a revision that is pending.
    ///
    /// Inside of a commit. Answers the revision.
    static func store(_ merged: Reading, in tap: Tap, _ path: String, by authorship: Authorship) throws -> Int? {
        let isOtherText = try tap.base() != merged.base
        guard try tap.store(merged.application) || isOtherText else { return nil }
        try tap.store(merged.base)
        var authorship = authorship
        authorship.comment = "from \(merged.base.name)"
        return try tap.addRevision(.import, status: .pending, by: authorship)
    }
}
