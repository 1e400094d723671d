package import Taproom

/// What the old program leaves to the new one: everything that can't be had twice.
///
/// Descriptors are open in both; their numbers are the same.
struct HandoverManifest: Sendable, Equatable, Codable {
    struct Socket: Sendable, Equatable, Codable {
        var name: String
        var descriptor: Int32
        var ownsFile: Bool
        /// The file of a unix socket.
        var path: String?

        init(_ socket: PassedSocket, path: String? = nil) {
            (name, descriptor, ownsFile) = (socket.name, socket.descriptor, socket.ownsFile)
            self.path = path
        }

        init(_ socket: BoundSocket) { self.init(socket.passed, path: socket.path) }

        /// The file stays the old program's until that has let go of it.
        var passed: PassedSocket { PassedSocket(name: name, descriptor: descriptor) }
    }

    struct PidFile: Sendable, Equatable, Codable {
        var path: String
        var descriptor: Int32
    }

    /// Who holds the tap's lock.
    var lock: Int32
    var sockets: [Socket]
    var control: Socket?
    var controlPort: Socket?
    var pidFile: PidFile?
    var sweeper: Int32?
    /// The folder that relative paths of the command line are taken from.
    var folder: Int32?
    /// What opens the tap when it is encrypted; it is in no file and no environment.
    var passphrase: String?
}

/// What the old program says to the new one.
enum HandoverOrder: Sendable, Equatable, Codable {
    case manifest(HandoverManifest)
    /// The tap is closed: it is the new program's turn.
    case takeOver
}

/// How far the new program is.
enum HandoverReport: Sendable, Equatable, Codable {
    /// It has found that it could run the application.
    case prepared
    /// All services run.
    case serving
    /// It can't, and ends with this status.
    case failed(status: Int32, text: String)
}

/// A new program that did not take over; the old one goes on.
package enum UpgradeError: ReportableError, Equatable {
    case notPossible(String)
    /// What the new program said, and how it ended.
    case refused(ExitStatus, String)
    case ended(String)
    case tooLate(stage: String, seconds: Int64)

    package var description: String {
        switch self {
        case .notPossible(let reason): "the application can't be handed to a new program: \(reason)"
        case .refused(_, let text): "the new program did not take over: \(text)"
        case .ended(let how): "the new program did not take over: it \(how)"
        case .tooLate(let stage, let seconds):
            "the new program did not take over: it was not \(stage) after \(seconds) seconds, and was ended"
        }
    }

    package var advice: String? { "The program that was running goes on." }

    package var exitStatus: ExitStatus {
        switch self {
        case .notPossible: .unavailable
        case .refused(let status, _): status
        case .ended: .software
        case .tooLate: .tryAgain
        }
    }
}
