import TapData
import TapFile
import TapTesting
import Taproom

/// What a program that runs or shows an application reads from its tap.
struct TapReading: Equatable {
    private let application: Application
    private let earlier: [Application]
    private let history: [Revision]
    private let state: [StateEntry]
    private let earlierState: [StateEntry]

    /// Reads all of it.
    init(_ tap: Tap) throws {
        application = try tap.application()
        history = try tap.history()
        earlier = try history.map { try tap.application(at: $0.revision) }
        state = try tap.state()
        earlierState = try tap.state(at: 2)
        for entry in state + earlierState { _ = try entry.datum() }
    }

    /// Whether it is what a start that has lost everything would read.
    var isEmpty: Bool { application.services.isEmpty || history.isEmpty || state.isEmpty }

    /// How reading a tap ended.
    enum Outcome {
        /// It wasn't opened.
        case refused
        /// Reading it failed, or the check found something.
        case foundDamaged
        /// It failed with an error that is none of a tap's.
        case wrongError(any Error)
        case read(TapReading)
    }

    /// Opens, reads, checks and closes a tap.
    static func outcome(of path: String, for access: Tap.Access) -> Outcome {
        let tap: Tap
        do throws(TapFileError) {
            tap = try Tap(opening: path, for: access)
        } catch {
            return .refused
        }
        do {
            if access == .writing { _ = try tap.commit { try tap.failPendingRevisions() } }
            let reading = try TapReading(tap)
            let findings = try tap.integrityFindings()
            try tap.close()
            return findings.isEmpty ? .read(reading) : .foundDamaged
        } catch is TapFileError {
            return .foundDamaged
        } catch is CBORError {
            return .foundDamaged
        } catch {
            return .wrongError(error)
        }
    }
}
