import CTapSystem
import Glibc
package import Logging
import TapControl
package import TapFile
package import Taproom

/// How an application is run.
package struct RunnerConfiguration: Sendable {
    package var kinds: KindList
    package var logger: Logger
    /// Named on the command line: these win over the application's own.
    package var user: String?
    package var group: String?
    /// Where the application is controlled; nil: nowhere.
    package var controlSocket: String?
    /// Whether state is stored at the end.
    package var isSaving = true
    /// How often a snapshot is made of what changed; nil: only at the end.
    package var saveEvery: Duration?
    /// Whether services of unknown kinds are left alone, and the others run.
    package var isQuarantining = false
    /// How long each service may take to stop.
    package var stopLimit = Duration.seconds(10)

    package init(kinds: KindList, logger: Logger) {
        self.kinds = kinds
        self.logger = logger
    }
}

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
    /// To be called on the main thread.
    ///
    /// In this order: check everything, bind every endpoint, give up root, start services. What fails before all services
    /// run is thrown, with nothing left running and nothing changed. Afterwards the status says how it ended.
    ///
    /// - Parameters:
    ///   - tap: an open tap; it is closed at the end.
    ///   - isInMemory: whether it has no file.
    ///   - configuration: how it is run.
    /// - Returns: how the program should end.
    /// - Throws: a `ReportableError` that says what kept the application from serving.
    package static func run(_ tap: sending Tap, isInMemory: Bool, _ configuration: RunnerConfiguration) throws
        -> ExitStatus
    {
        let application = try prepare(tap, configuration)
        let planned = try PlannedService.all(
            of: application, kinds: configuration.kinds, quarantine: configuration.isQuarantining)
        if planned.contains(where: { $0.kind.state.contains(where: \.isTable) }) { try tap.openReadingConnection() }
        let sockets = try SocketTable().binding(planned)
        let control = try configuration.controlSocket.map { try bindControl($0) }
        let account = try Account.resolve(
            user: configuration.user ?? application.user, group: configuration.group ?? application.group)
        if let account, account.isChange {
            if !isInMemory { try handOver(tap.path, control: configuration.controlSocket, to: account) }
            try account.become()
        }
        Task.detached { ControlServer.startEventLoops() }
        let path = isInMemory ? nil : LocalPath(tap.path, in: LocalPath.workingFolder).text
        let logger = configuration.logger
        let writer = try TapWriter(tap) { error in
            logger.error("state cannot be stored", metadata: ["error": "\(error)"])
        }
        let (events, report) = AsyncStream.makeStream(of: RunningApplication.Event.self)
        let running = RunningApplication(
            application, sockets: sockets, writer: writer, configuration: configuration, tapPath: path
        ) { report.yield($0) }
        try Signals.wait { number in
            switch number {
            case SIGTERM, SIGINT: report.yield(.stopRequested)
            default: configuration.logger.notice("signal ignored", metadata: ["signal": "\(number)"])
            }
        }
        return try Blocking.run { try await serve(running, planned, events, control, configuration) }
    }

    private static func prepare(_ tap: Tap, _ configuration: RunnerConfiguration) throws -> Application {
        let author = Authorship(author: UserName.current, origin: "tapd")
        let (failed, migrated) = try tap.commit {
            (try tap.failPendingRevisions(), try tap.migrate(kinds: configuration.kinds, by: author))
        }
        for number in failed {
            configuration.logger.warning(
                "a change was under way at the last end and is taken back", metadata: ["revision": "\(number)"])
        }
        for migration in migrated {
            configuration.logger.notice("migrated", metadata: ["what": "\(migration.text)"])
        }
        let application = try tap.application()
        if configuration.isQuarantining {
            for (path, service) in application.servicesByPath
            where PlannedService.isUnknown(service, to: configuration.kinds) {
                configuration.logger.warning(
                    "kept in quarantine: no such kind in this program",
                    metadata: ["service": "\(path)", "kind": "\(service.kind)"])
            }
        }
        return application
    }

    private static func bindControl(_ path: String) throws(RunnerError) -> BoundSocket {
        do throws(BindFailure) {
            return try BoundSocket(Endpoint(.unix(path: path, mode: 0o600)))
        } catch {
            throw .cannotControl(socket: path, code: error.code)
        }
    }

    /// Gives the tap and what belongs to it to the account that will run it.
    private static func handOver(_ tap: String, control: String?, to account: Account) throws(RunnerError) {
        guard geteuid() == 0 else { throw .notRoot(user: account.text) }
        for path in [tap, tap + "-wal", tap + "-shm", control].compactMap({ $0 }) {
            guard lchown(path, account.user, account.group) == 0 || errno == ENOENT else {
                throw .dropFailed("\(path) cannot be given to \(account.text): \(String(cString: strerror(errno)))")
            }
        }
        let folder = tap.lastIndex(of: "/").map { String(tap[..<$0]) + "/" } ?? "."
        guard !account.canChange(folder: folder) else { return }
        // Whoever owns the folder removes what is left in it at the end.
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(directory) }
        let name = { (path: String) in path.split(separator: "/").last.map(String.init) ?? path }
        guard directory >= 0, tap_start_sweeper(directory, name(tap), name(control ?? "-")) > 0 else {
            throw .dropFailed("no process could be started to clean up \(folder): \(String(cString: strerror(errno)))")
        }
    }

    private static func serve(
        _ running: RunningApplication, _ planned: [PlannedService], _ events: AsyncStream<RunningApplication.Event>,
        _ control: BoundSocket?, _ configuration: RunnerConfiguration
    ) async throws -> ExitStatus {
        let logger = configuration.logger
        var server: ControlServer?
        do {
            try await running.start(planned)
            if let control {
                server = try await ControlServer(
                    socket: dup(control.descriptor), routes: ControlRoutes(running), owner: geteuid(), logger: logger)
            }
        } catch {
            _ = await running.shutDown(isSaving: false)
            control?.close()
            throw error
        }
        let name = await running.application.name
        let revision = try await running.revision()
        let endpoints = await running.endpoints.joined(separator: " ")
        logger.notice(
            "serving",
            metadata: [
                "application": "\(name)", "revision": "\(revision)",
                "endpoints": "\(endpoints)",
            ])
        let saving = configuration.saveEvery.map { interval in
            Task {
                while (try? await Task.sleep(for: interval)) != nil { await running.saveSnapshot("every \(interval)") }
            }
        }
        defer { saving?.cancel() }
        var status = ExitStatus.done
        for await event in events {
            guard case .serviceEnded(let plan, let ending) = event else { break }
            if await running.serviceEnded(plan, ending) { continue }
            logger.error("a service failed; the application stops", metadata: ["service": "\(plan.path)"])
            status = .software
            break
        }
        logger.notice("stopping", metadata: ["application": "\(name)"])
        let hurry = Task { for await event in events { if case .stopRequested = event { await running.hurry() } } }
        let isSaved = await running.shutDown(isSaving: configuration.isSaving)
        hurry.cancel()
        await server?.close()
        // The process may end before the last reference to it does.
        control?.close()
        logger.notice("stopped", metadata: ["application": "\(name)"])
        return isSaved ? status : .inputOutput
    }
}
