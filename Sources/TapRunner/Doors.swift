import Glibc
import Logging
import TapControl
import Taproom

/// The sockets of an application, and what else is open before its services start.
final class Doors: @unchecked Sendable {
    // Sendable because what varies is set before there is a second thread.

    let sockets: SocketTable
    /// What this process was given at its start.
    let passed: PassedSockets
    /// Where the application is controlled.
    let control: ControlSockets
    /// What removes what the application can't; nil: it can.
    var sweeper: Sweeper?
    /// The folder that relative paths of the command line are taken from, when the process works in another.
    var folder: CInt?

    /// Binds every endpoint of every service, and the control socket.
    ///
    /// Throws ``RunnerError``; nothing is bound then.
    init(_ prepared: PreparedTap, _ passed: PassedSockets, _ configuration: RunnerConfiguration) throws(RunnerError) {
        self.passed = passed
        for problem in passed.problems { configuration.logger.warning("\(problem)") }
        let unused = passed.closeAll(except: prepared.planned.flatMap(\.endpoints))
        configuration.serviceManager.forget(unused)
        for socket in unused {
            configuration.logger.warning(
                "a socket that was handed over is not used", metadata: ["name": "\(socket.name)"])
        }
        sockets = try SocketTable().binding(prepared.planned, passed: passed)
        control = try ControlSockets(configuration)
    }

    /// Takes the sockets of the program that runs the application, and binds what is new.
    ///
    /// Throws ``RunnerError``; what was taken stays what it was for that program.
    init(
        _ prepared: PreparedTap, _ predecessor: Predecessor, _ configuration: RunnerConfiguration
    ) throws(RunnerError) {
        passed = predecessor.sockets
        _ = passed.closeAll(except: prepared.planned.flatMap(\.endpoints))
        sockets = try SocketTable().binding(prepared.planned, passed: passed)
        sweeper = predecessor.sweeper
        folder = predecessor.manifest.folder
        control = try ControlSockets(configuration, from: predecessor.controlSockets)
    }

    /// The files of all unix sockets.
    var paths: [String] { sockets.paths + [control.unix?.path].compactMap { $0 } }
}
