import CTapSystem
import Glibc
import Logging
import TapControl
import TapFile
import TapLog
import TapMetrics
import Taproom

/// The life of an application from the start of its services to its end.
struct Serving: Sendable {
    let running: RunningApplication
    let events: AsyncStream<RunningApplication.Event>
    let doors: Doors
    let source: TapSource
    /// The right to the tap; nil in memory.
    let lock: TapLock?
    let metrics: MetricsRegistry
    let configuration: RunnerConfiguration
    private let loops = EventLoopProbe()

    private var logger: Logger { configuration.logger }
    private var serviceManager: ServiceManager { configuration.serviceManager }

    /// Starts the services and serves until the end.
    ///
    /// Throws when not all could be started; nothing runs then, and what the start changed in the tap is taken back.
    func run(_ planned: [PlannedService]) async throws -> ExitStatus {
        let door = try await start(planned)
        try await sayThatItServes()
        let (saving, watching, givingBack) = (savingRegularly(), beingWatched(), givingBackCode())
        defer {
            watching?.cancel()
            givingBack.cancel()
        }
        var ending = await waitForTheEnd()
        saving?.cancel()
        let name = await running.application.name
        if await running.successorProcess == nil {
            serviceManager.stopping()
            logger.notice("stopping", metadata: ["application": "\(name)"])
            let hurry = Task { for await event in events { if case .stopRequested = event { await running.hurry() } } }
            if await !running.shutDown(isSaving: configuration.isSaving) { ending = .inputOutput }
            hurry.cancel()
        }
        await door.close()
        if let successor = await running.successorProcess {
            // Who wanted the application to end wants the new program to.
            if ending == .stopRequested { kill(successor, SIGTERM) }
            await running.finishLingering()
            return .done
        }
        // The process may end before the last reference to it does.
        doors.control.close()
        configuration.pidFile?.remove()
        logger.notice("stopped", metadata: ["application": "\(name)"])
        return ending.status
    }

    /// How an application came to its end.
    private enum Ending {
        case stopRequested, handedOver, failed, inputOutput

        var status: ExitStatus {
            switch self {
            case .stopRequested, .handedOver: .done
            case .failed: .software
            case .inputOutput: .inputOutput
            }
        }
    }

    private func start(_ planned: [PlannedService]) async throws -> ControlDoor {
        do {
            try await running.start(planned)
            try await running.confirmStart()
            let door = ControlDoor(doors.control, routes, logger)
            await running.prepareForUpgrades(means(door))
            try await door.open()
            try configuration.predecessor?.handOver(doors, configuration)
            return door
        } catch {
            await running.abandon()
            // A socket that another program has goes on being its.
            doors.control.close()
            throw error
        }
    }

    private var routes: ControlRoutes {
        ApplicationFigures(running, loops: loops) { await running.writer.condition }.add(to: metrics)
        return ControlRoutes(
            running, logs: configuration.log?.recent, metrics: metrics, health: health(loops), live: running)
    }

    private func health(_ loops: EventLoopProbe) -> HealthCheck {
        HealthCheck(running, loops: loops) {
            await running.writer.answeredCondition()
        } isStopping: {
            await running.isStopping
        }
    }

    private func means(_ door: ControlDoor) -> UpgradeMeans? {
        guard case .file(let path, let passphrase) = source.place, let lock, configuration.place.root == nil else {
            return nil
        }
        return UpgradeMeans(
            program: configuration.program, tap: path, passphrase: passphrase, lock: lock, sweeper: doors.sweeper,
            pidFile: configuration.pidFile, folder: doors.folder, door: door, serviceManager: serviceManager)
    }

    private func sayThatItServes() async throws {
        let name = await running.application.name
        let revision = try await running.revision()
        let endpoints = await running.endpoints.joined(separator: " ")
        logger.notice(
            "serving",
            metadata: ["application": "\(name)", "revision": "\(revision)", "endpoints": "\(endpoints)"])
        if let endpoint = doors.control.tcp?.endpoint {
            logger.notice("controlled over TCP", metadata: ["endpoint": "\(endpoint)"])
        }
        if configuration.predecessor != nil { serviceManager.mainProcess(getpid()) }
        serviceManager.ready(status: "\(name) serves revision \(revision) on \(endpoints)")
        serviceManager.storeSockets(doors.sockets.all)
        configuration.detachment?.serving()
    }

    /// Gives back the pages of code that only the start has needed: half of the memory of an application at rest.
    private func givingBackCode() -> Task<Void, Never> {
        Task {
            // The first requests need some of it.
            if (try? await Task.sleep(for: .seconds(1))) != nil { tap_give_back_code() }
        }
    }

    private func savingRegularly() -> Task<Void, Never>? {
        configuration.saveEvery.map { interval in
            Task {
                while (try? await Task.sleep(for: interval)) != nil { await running.saveSnapshot("every \(interval)") }
            }
        }
    }

    private func beingWatched() -> Task<Void, Never>? {
        // A machine that is busy for seconds is no reason to be ended.
        guard let interval = serviceManager.watchdogInterval else { return nil }
        let health = health(EventLoopProbe(limit: interval / 2))
        guard let watchdog = Watchdog(serviceManager, isHealthy: { await health.health().live }) else { return nil }
        return Task { await watchdog.run() }
    }

    /// Answers how the application ends, when it does.
    private func waitForTheEnd() async -> Ending {
        for await event in events {
            switch event {
            case .stopRequested: return .stopRequested
            case .handedOver: return .handedOver
            case .lost: return .failed
            case .serviceEnded(let plan, let ending):
                if await !running.serviceEnded(plan, ending) { return .failed }
            }
        }
        return .stopRequested
    }
}
