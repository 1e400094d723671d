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
    /// The file.
    package let path: String
    /// Whose word counts where file and run-time change disagree; nil: nothing is done then.
    package let side: Merge.Side?
    private let text: @Sendable () throws -> BaseDescription
    private let reading: @Sendable (_ text: String, _ name: String, _ former: Application?) throws -> DescriptionReading

    /// Names a description and how it is read.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - side: whose word counts in conflicts.
    ///   - text: reads the file as it is now.
    ///   - reading: understands a text; errors call it by the name, and passwords keep the hashes they had.
    package init(
        _ path: String, favoring side: Merge.Side?, text: @escaping @Sendable () throws -> BaseDescription,
        reading:
            @escaping @Sendable (_ text: String, _ name: String, _ former: Application?) throws -> DescriptionReading
    ) {
        (self.path, self.side, self.text, self.reading) = (path, side, text, reading)
    }

    /// Reads the file, and understands nothing of it yet.
    ///
    /// Throws when it can't be read.
    func read() throws -> BaseDescription { try text() }

    /// The application of a tap after a merge with a text of the description.
    ///
    /// Throws `MergeConflict` and what is wrong with the description.
    func merged(_ base: BaseDescription, into tap: Tap, kinds: KindList) throws -> MergedDescription {
        let former = try tap.base().map { try reading($0.text, $0.name, nil).application }
        let file = try reading(base.text, path, former)
        let merge = try Merge(
            base: former, file: file.application, running: tap.application(), favoring: side)
        guard merge.conflicts.isEmpty else {
            throw MergeConflict(file: path, tap: tap.path, conflicts: merge.conflicts)
        }
        return MergedDescription(
            application: try merge.application(kinds: kinds),
            base: BaseDescription(name: base.name, text: file.text))
    }
}

/// What came of the merge of a description with a tap.
struct MergedDescription: Sendable {
    var application: Application
    var base: BaseDescription

    /// Stores it, when it makes a difference, as a revision that is pending.
    ///
    /// Inside of a commit. Answers the revision.
    func store(in tap: Tap, by authorship: Authorship) throws -> Int? {
        let isOtherText = try tap.base() != base
        guard try tap.store(application) || isOtherText else { return nil }
        try tap.store(base)
        var authorship = authorship
        authorship.comment = "from \(base.name)"
        return try tap.addRevision(.import, status: .pending, by: authorship)
    }
}
