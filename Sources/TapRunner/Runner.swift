import CTapSystem
import Glibc
import Logging
import TapControl
import TapFile
import TapLog
import TapMetrics
import TapProcess
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
        if let predecessor = configuration.predecessor { return try takeOver(source, predecessor, configuration) }
        FileLimit.raise()
        let passed = PassedSockets.fromServiceManager()
        let placed = source.placed
        do {
            let prepared = try TapStart(configuration).prepare(source)
            let doors: Doors
            do {
                doors = try Doors(prepared, passed, configuration)
                try settle(prepared.account, doors, placed, configuration)
            } catch {
                prepared.undo()
                throw error
            }
            return try serve(prepared, doors, placed, configuration)
        } catch {
            // A file of somebody else's stays as it is.
            if case PidFileError.foreign = error { throw error }
            configuration.pidFile?.remove()
            throw error
        }
    }

    /// Goes where the application is to run and becomes who it is to run as.
    private static func settle(
        _ account: Account?, _ doors: Doors, _ source: TapSource, _ configuration: RunnerConfiguration
    ) throws {
        let belongings = Belongings(
            tap: source.path, sockets: doors.paths, pidFile: configuration.pidFile?.path)
        let change = account.flatMap { $0.isChange ? $0 : nil }
        if let change, geteuid() != 0 { throw RunnerError.notRoot(user: change.text) }
        try configuration.pidFile?.give(to: change)
        try configuration.pidFile?.write()
        if let change {
            try belongings.give(to: change)
            try configuration.log?.give(toUser: change.user, group: change.group)
        }
        try doors.control.admitReaders()
        let threads = ProcessThreads()
        let left = belongings.leftovers(of: change, isElsewhere: configuration.place.root != nil)
        if !left.isEmpty { doors.sweeper = try Sweeper(left) }
        // A folder that is open is a way out of another root folder.
        if configuration.place.folder != nil, configuration.place.root == nil {
            doors.folder = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        try configuration.place.enter()
        try change?.become(onlyEffective: configuration.isOnlyEffective, in: threads)
    }

    /// Takes an application over from the program that runs it.
    private static func takeOver(
        _ source: TapSource, _ predecessor: Predecessor, _ configuration: RunnerConfiguration
    ) throws -> ExitStatus {
        let start = TapStart(configuration)
        try start.rehearse(source, holding: predecessor.lock)
        // What the first request would wait for is there before the old program stops.
        ControlServer.startEventLoops()
        let placed = source.placed
        try predecessor.takeOver()
        let prepared = try start.prepare(source, holding: predecessor.lock)
        let doors: Doors
        do {
            doors = try Doors(prepared, predecessor, configuration)
            // As at a start: what the command line names is opened by now.
            try configuration.place.enterFolder()
        } catch {
            prepared.undo()
            throw error
        }
        return try serve(prepared, doors, placed, configuration)
    }

    private static func serve(
        _ prepared: sending PreparedTap, _ doors: Doors, _ source: TapSource, _ configuration: RunnerConfiguration
    ) throws -> ExitStatus {
        Task.detached { ControlServer.startEventLoops() }
        let logger = configuration.logger
        // Before anything exists that counts.
        let metrics = MetricsRegistry.process
        let (application, planned, lock) = (prepared.application, prepared.planned, prepared.tap.right)
        let writer = try TapWriter(prepared.tap, logger)
        let (events, report) = AsyncStream.makeStream(of: RunningApplication.Event.self)
        let running = RunningApplication(
            application, sockets: doors.sockets, writer: writer, configuration: configuration,
            passed: doors.passed, tapPath: source.path,
            description: source.description
        ) { report.yield($0) }
        let stops = StopSignals(logger) { report.yield(.stopRequested) }
        try Signals.wait { number in
            switch number {
            case SIGTERM, SIGINT: stops.receive()
            case SIGHUP: Task { await running.reloadForSignal() }
            case SIGUSR1:
                configuration.log?.reopen()
                OwnLogs.process.reopen()
            case SIGUSR2:
                Task { _ = try? await running.upgrade(by: Authorship(author: UserName.current, origin: "signal")) }
            default: break
            }
        }
        let serving = Serving(
            running: running, events: events, doors: doors, source: source, lock: lock, metrics: metrics,
            configuration: configuration)
        return try Blocking.run { try await serving.run(planned) }
    }
}
