package import TapConfig
import TapControl
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
    private let description: @Sendable (BaseDescription) throws -> LocatedDescription

    /// Names a description and how it is read.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - side: whose word counts in conflicts.
    ///   - text: reads the file as it is now.
    ///   - description: understands a text.
    package init(
        _ path: String, favoring side: Merge.Side?, text: @escaping @Sendable () throws -> BaseDescription,
        description: @escaping @Sendable (BaseDescription) throws -> LocatedDescription
    ) {
        (self.path, self.side, self.text, self.description) = (path, side, text, description)
    }

    /// The name of the file, without its folder.
    var fileName: String { path.split(separator: "/").last.map(String.init) ?? path }

    /// Reads the file, and understands nothing of it yet.
    ///
    /// Throws when it can't be read.
    func read() throws -> BaseDescription { try text() }

    /// What becomes of the application of a tap in a merge with a text of the description.
    ///
    /// Throws `MergeConflict` and what is wrong with the description.
    func merged(
        _ text: BaseDescription, into tap: Tap, _ application: Application, kinds: KindList
    ) throws -> DecidedChange {
        let merge = try tap.merge(
            description(text), text, with: application, favoring: side, kinds: kinds
        ) { try description($0).application }
        return DecidedChange(
            ApplicationChange(from: application, to: merge.application, renames: merge.renames), base: text)
    }
}
