import CTapSystem
import Glibc
import Logging
import TapControl
import TapFile
package import Taproom

/// Runs an application from its tap: what `tapd` does.
package enum Runner {
    /// To be called first in a program that runs applications, before any thread exists.
    package static func prepareProcess() {
        // Nothing that is executed later can gain privileges again.
        _ = tap_forbid_new_privileges()
        Signals.block()
    }

    /// Runs until it is told to stop.
    ///
    /// To be called on the main thread, while there is no other.
    ///
    /// In this order: check everything, bind every endpoint, go to the new root folder, give up root, start services. What
    /// fails before all services run is thrown, with nothing left running and nothing changed. Afterwards the status says
    /// how it ended.
    ///
    /// - Parameters:
    ///   - source: what is run.
    ///   - configuration: how it is run.
    /// - Returns: how the program should end.
    /// - Throws: a `ReportableError` that says what kept the application from serving.
    package static func run(_ source: TapSource, _ configuration: RunnerConfiguration) throws -> ExitStatus {
        try configuration.pidFile?.write()
        defer { configuration.pidFile?.remove() }
        let prepared = try TapStart(configuration).prepare(source)
        let sockets: SocketTable
        let control: BoundSocket?
        do {
            sockets = try SocketTable().binding(prepared.planned)
            control = try configuration.controlSocket.map { try bindControl($0) }
            let belongings = Belongings(
                tap: source.path, sockets: sockets.paths + (control?.path.map { [$0] } ?? []), configuration)
            try settle(prepared.account, belongings, configuration)
        } catch {
            prepared.undo()
            throw error
        }
        return try serve(prepared, sockets, control, source, configuration)
    }

    private static func bindControl(_ path: String) throws(RunnerError) -> BoundSocket {
        do throws(BindFailure) {
            return try BoundSocket(Endpoint(.unix(path: path, mode: 0o600)))
        } catch {
            throw .cannotControl(socket: path, code: error.code)
        }
    }

    /// Goes where the application is to run and becomes who it is to run as.
    private static func settle(
        _ account: Account?, _ belongings: Belongings, _ configuration: RunnerConfiguration
    ) throws {
        let change = account.flatMap { $0.isChange ? $0 : nil }
        if let change, geteuid() != 0 { throw RunnerError.notRoot(user: change.text) }
        try configuration.pidFile?.give(to: change)
        if let change { try belongings.give(to: change) }
        let threads = ProcessThreads()
        let left = belongings.leftovers(of: change, isElsewhere: configuration.place.root != nil)
        if !left.isEmpty { _ = try Sweeper(left) }
        try configuration.place.enter()
        try change?.become(onlyEffective: configuration.isOnlyEffective, in: threads)
    }

    private static func serve(
        _ prepared: PreparedTap, _ sockets: SocketTable, _ control: BoundSocket?, _ source: TapSource,
        _ configuration: RunnerConfiguration
    ) throws -> ExitStatus {
        Task.detached { ControlServer.startEventLoops() }
        let path = source.path.map { LocalPath($0, in: LocalPath.workingFolder).text }
        let logger = configuration.logger
        let (application, planned) = (prepared.application, prepared.planned)
        let writer = try TapWriter(prepared.tap) { error in
            logger.error("state cannot be stored", metadata: ["error": "\(error)"])
        }
        let (events, report) = AsyncStream.makeStream(of: RunningApplication.Event.self)
        let running = RunningApplication(
            application, sockets: sockets, writer: writer, configuration: configuration, tapPath: path
        ) { report.yield($0) }
        let stops = StopSignals(logger) { report.yield(.stopRequested) }
        try Signals.wait { number in
            switch number {
            case SIGTERM, SIGINT: stops.receive()
            default: logger.notice("signal ignored", metadata: ["signal": "\(number)"])
            }
        }
        let serving = Serving(running: running, events: events, control: control, configuration: configuration)
        return try Blocking.run { try await serving.run(planned) }
    }
}
