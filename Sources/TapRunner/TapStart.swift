package import Logging
import TapControl
package import TapFile
package import Taproom

/// Opens taps to run them.
package enum TapStart {
    /// Opens a tap, or what can be had back of a damaged one.
    ///
    /// A damaged file is never run and never lost: it is set aside under a name that is logged, and the newest point of which
    /// nothing is missing takes its place, as a new revision. Where there is none nothing is done.
    ///
    /// - Parameters:
    ///   - path: the tap.
    ///   - passphrase: what opens it when it is encrypted.
    ///   - kinds: the kinds of the program, by which stored values are checked.
    ///   - logger: where it is said what happened.
    /// - Returns: the tap, open for writing.
    /// - Throws: `TapFileError`, or `MigrationError` for a cell that can't be read; the file is then as it was.
    package static func open(
        _ path: String, passphrase: String?, kinds: KindList, _ logger: Logger
    ) throws -> Tap {
        do {
            return try checked(path, passphrase, kinds)
        } catch TapFileError.damaged(_, let problem) {
            do {
                try fallBack(path, problem, passphrase, logger)
            } catch TapFileError.damaged(_, let reason) {
                throw TapFileError.damaged(path: path, problem: "\(problem); \(reason)")
            }
            return try Tap(opening: path, for: .writing, passphrase: passphrase)
        }
    }

    private static func fallBack(
        _ path: String, _ problem: String, _ passphrase: String?, _ logger: Logger
    ) throws {
        let lock = try TapLock(path, .writing)
        let rescue = try Rescue(path, passphrase: passphrase)
        let done = try rescue.fallBack(by: Authorship(author: UserName.current, origin: "tapd"))
        let aside = try rescue.takePlace(holding: lock)
        logger.critical(
            "the tap was damaged",
            metadata: [
                "tap": "\(path)", "problem": "\(problem)", "found": "\(rescue.report.text)", "now": "\(done)",
                "damaged": "\(aside)",
            ])
    }

    private static func checked(_ path: String, _ passphrase: String?, _ kinds: KindList) throws -> Tap {
        let tap = try Tap(opening: path, for: .writing, passphrase: passphrase)
        try tap.checkPages()
        try tap.checkCells(kinds: kinds)
        return tap
    }
}
