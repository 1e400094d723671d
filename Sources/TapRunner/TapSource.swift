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

    /// Whether the tap is encrypted.
    package var isSealed: Bool {
        if case .file(_, .some) = place { true } else { false }
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
    private let reading: @Sendable (_ text: BaseDescription, _ former: Application?) throws -> DescriptionReading

    /// Names a description and how it is read.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - side: whose word counts in conflicts.
    ///   - text: reads the file as it is now.
    ///   - reading: understands a text; passwords keep the hashes they had.
    package init(
        _ path: String, favoring side: Merge.Side?, text: @escaping @Sendable () throws -> BaseDescription,
        reading: @escaping @Sendable (_ text: BaseDescription, _ former: Application?) throws -> DescriptionReading
    ) {
        (self.path, self.side, self.text, self.reading) = (path, side, text, reading)
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
        try tap.merge(text, with: application, favoring: side, kinds: kinds, reading: reading)
    }
    /// What a merge decides by the side it favors: where file and running application disagree.
    ///
    /// Nil when they don't, or nobody is favored. Throws what is wrong with the description.
    func overruled(
        _ text: BaseDescription, in tap: Tap, _ application: Application, kinds: KindList
    ) throws -> MergeConflict? {
        guard side != nil, try tap.base()?.text != text.text else { return nil }
        do {
            _ = try tap.merge(text, with: application, favoring: nil, kinds: kinds, reading: reading)
            return nil
        } catch let conflict as MergeConflict {
            return conflict
        }
    }
}
