import Glibc
import Taproom

/// What is in the log (`-wal`) of a database: which pages of it count, and whether something is lost.
///
/// SQLite takes the first frame with a wrong checksum for the end of the log, and so forgets without a word what was
/// acknowledged behind a damaged one; this tells the two apart ("WAL File Format", section 4).
package struct WriteAheadLog: Sendable {
    /// How a log ends.
    package enum Ending: Sendable, Equatable {
        /// With a committed transaction, or it is empty.
        case whole
        /// In the midst of a transaction, as after a crash: so many frames behind the last good commit count for nothing.
        case torn(frames: Int)
        /// A frame is not what was written, and transactions were committed behind it.
        ///
        /// Frames count from 1; 0 is the header of the log.
        case damaged(frame: Int)
    }

    /// The frames from the beginning on that are what was written.
    package private(set) var validFrames = 0
    /// Those up to the last commit among them.
    package private(set) var committedFrames = 0
    /// The pages of the database after that commit, or 0 when there is none.
    package private(set) var databasePages: UInt32 = 0
    package private(set) var ending = Ending.whole
    /// The last committed frame of each page; they count from 0.
    private(set) var frames: [UInt32: Int] = [:]

    /// Whether it has every page of the database, so that nothing in the file counts.
    package var hasEveryPage: Bool {
        guard databasePages > 0 else { return false }
        return (1...databasePages).allSatisfy { frames[$0] != nil || $0 == PageImage.lockPage }
    }

    /// A log that is not there.
    init() {}

    /// Reads a log from its beginning to its end.
    ///
    /// - Parameters:
    ///   - path: the file, which ends with `-wal`; one that is missing is an empty log.
    ///   - protection: that of the tap, or nil for a file of format 1.
    /// - Throws: ``SystemCallError``.
    package init(path: String, protection: PageProtection?) throws {
        guard access(path, F_OK) == 0 else {
            self.init()
            return
        }
        self.init(try LogReader(try FileBytes(path), protection?.form))
    }

    init(_ log: LogReader) {
        guard log.hasGoodHeader else {
            // The header is on the disk before the first frame is written, so no crash leaves this behind.
            let hasCommit = (0..<log.frameCount).contains { index in
                log.frame(index).map { $0.page != 0 && $0.databasePages >= $0.page } ?? false
            }
            if hasCommit { ending = .damaged(frame: 0) }
            return
        }
        let last = readGoodFrames(log)
        if hasCommittedFrames(log, behind: last) {
            ending = .damaged(frame: validFrames + 1)
        } else {
            let started = (committedFrames..<log.frameCount).prefix { log.frame($0)?.salts == log.salts }
            ending = started.isEmpty ? .whole : .torn(frames: started.count)
        }
    }

    /// Reads up to the first frame that doesn't count, and answers the checksum before it.
    private mutating func readGoodFrames(_ log: LogReader) -> LogChecksum {
        var checksum = log.checksumOfHeader
        var pending: [UInt32: Int] = [:]
        for index in 0..<log.frameCount {
            guard let frame = log.frame(index), frame.salts == log.salts, frame.page != 0,
                log.checksum(of: frame, after: checksum) == frame.checksum
            else { break }
            checksum = frame.checksum
            validFrames += 1
            pending[frame.page] = index
            guard frame.isCommit else { continue }
            frames.merge(pending) { _, new in new }
            pending.removeAll(keepingCapacity: true)
            committedFrames = validFrames
            databasePages = frame.databasePages
        }
        return checksum
    }

    /// Whether a transaction was committed behind the first bad frame, and went to the disk.
    ///
    /// With `synchronous = FULL` a commit is on the disk before the next transaction is written. So it is when a frame
    /// follows the next commit: either one that ends another transaction, or one whose checksum goes on from the commit's.
    /// Other frames may be what a transaction that was undone had left before.
    private func hasCommittedFrames(_ log: LogReader, behind previous: LogChecksum) -> Bool {
        var commit: (index: Int, checksums: [LogChecksum])?
        for index in validFrames..<log.frameCount {
            guard let frame = log.frame(index) else { continue }
            // The bad frame itself may be good but for its salts, or but for its checksum.
            let computed = index == validFrames ? log.checksum(of: frame, after: previous) : nil
            guard frame.page != 0, frame.salts == log.salts || computed == frame.checksum else { continue }
            if let commit {
                let follows = commit.checksums.contains { log.checksum(of: frame, after: $0) == frame.checksum }
                if frame.isCommit || index == commit.index + 1 && follows { return true }
            } else if frame.isCommit {
                commit = (index, [frame.checksum] + (computed.map { [$0] } ?? []))
            }
        }
        return false
    }
}
