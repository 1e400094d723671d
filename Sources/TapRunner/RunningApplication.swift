import Glibc
import Logging
import TapConfig
import TapControl
import TapData
import TapFile
import Taproom

/// An application that runs: its services, its sockets, its tap, and the verbs on them.
///
/// Changes happen one after the other, whoever asks for them.
actor RunningApplication {
    /// What a service's end or a request can ask of the runner.
    enum Event: Sendable {
        case stopRequested
        case serviceEnded(PlannedService, RunningService.Ending)
        /// Another program serves in place of this one.
        case handedOver
        /// Nothing runs any more, and nothing can be done about it.
        case lost
    }

    var writer: TapWriter
    let kinds: KindList
    let logger: Logger
    /// The path of the tap, or nil for an application in memory.
    let tapPath: String?
    let stopLimit: Duration
    let serviceManager: ServiceManager
    private let isQuarantining: Bool
    private let shell: (@Sendable (any ControlledApplication) -> any ApplicationShell)?
    let report: @Sendable (Event) -> Void
    private let since = Timestamp.now

    var application: Application
    var sockets: SocketTable
    var services: [RunningService] = []
    var histories: [String: RestartHistory] = [:]
    /// Who is told of what happens.
    let events: ApplicationEvents
    var states: ServiceStates
    var isStopping = false
    /// Whether a change is under way; the next one waits in `waiting`.
    var isChanging = false
    var waiting: [CheckedContinuation<Void, Never>] = []
    /// What this process was given at its start; some of it may be wanted again.
    let passed: PassedSockets?
    /// The description it runs from; nil: from its tap alone.
    let description: DescriptionSource?
    /// What is needed to hand it over; nil: it can't be.
    var upgradeMeans: UpgradeMeans?
    /// The process that took over.
    var successorProcess: pid_t?
    /// Services that finish their connections beside the new program.
    var lingering: [RunningService] = []
    /// Services that finish their connections beside those that took their place.
    var draining: [RunningService] = []
    var drainWaiters: [CheckedContinuation<Void, Never>] = []
    /// A revision that is stored as pending and came to nothing.
    var leftover: Int?
    /// Waits for the deadline of a change that is to be confirmed.
    var confirmation: Task<Void, Never>?

    init(
        _ application: Application, sockets: SocketTable, writer: TapWriter, configuration: RunnerConfiguration,
        passed: PassedSockets? = nil, tapPath: String?, description: DescriptionSource? = nil,
        report: @escaping @Sendable (Event) -> Void
    ) {
        self.passed = passed
        self.description = description
        events = ApplicationEvents()
        states = ServiceStates(events: events)
        self.application = application
        self.sockets = sockets
        self.writer = writer
        kinds = configuration.kinds
        logger = configuration.logger
        stopLimit = configuration.stopLimit
        serviceManager = configuration.serviceManager
        isQuarantining = configuration.isQuarantining
        shell = configuration.shell
        self.tapPath = tapPath
        self.report = report
    }

    /// The services that are to run in an application, checked.
    func plans(of application: Application) throws -> [PlannedService] {
        try PlannedService.all(of: application, kinds: kinds, quarantine: isQuarantining)
    }

    /// Starts all services in order.
    ///
    /// When one can't be started, those before it are stopped and its error is thrown.
    func start(_ planned: [PlannedService]) async throws {
        do {
            let (state, identities) = try await StartingState.read(planned, writer)
            for plan in planned { try await start(plan, identity: identities[plan.path] ?? 0, store: state) }
        } catch {
            await stopServices { _ in true }
            throw error
        }
    }

    /// Says what it is to be handed over with; nil: it can't be.
    func prepareForUpgrades(_ means: UpgradeMeans?) { upgradeMeans = means }

    /// Says in the tap that what the start changed counts.
    func confirmStart() async throws {
        let waiting = try await writer.perform { tap in
            try tap.commit { try tap.activatePendingRevisions() }
            return try tap.confirmation()
        }
        awaitConfirmation(waiting)
    }

    /// Takes back what a start changed that came to nothing, and closes the tap.
    func abandon() async {
        _ = try? await writer.perform { tap in try tap.commit { try tap.failPendingRevisions() } }
        _ = await shutDown(isSaving: false)
    }

    /// All endpoints, with real ports, as the line that says the application serves shows them.
    var endpoints: [String] { services.flatMap { sockets.listening(of: $0.plan).map(\.endpoint.description) } }

    func start(_ plan: PlannedService) async throws {
        let identity = try await writer.perform { try $0.identity(of: plan.path) ?? 0 }
        try await start(plan, identity: identity, store: writer)
    }

    private func start(_ plan: PlannedService, identity: Int64, store: any StateStore) async throws {
        states[plan.path] = .starting
        do {
            let service = try await make(plan, identity: identity, sockets: sockets, store: store)
            services.append(service)
            service.run()
            states[plan.path] = .running
        } catch {
            states.fail(plan.path, because: "\(error)")
            throw error
        }
    }

    /// Makes a service, which does not run yet.
    func make(
        _ plan: PlannedService, identity: Int64, sockets: SocketTable, store: any StateStore
    ) async throws -> RunningService {
        writer.claim(service: identity)
        do {
            return try await RunningService(
                plan, identity: identity, sockets: sockets.listening(of: plan), store: store, logger: logger,
                shell: shell?(self)
            ) { [report] ending in report(.serviceEnded(plan, ending)) }
        } catch {
            writer.discard(service: identity)
            throw error
        }
    }

    /// Stops services in reverse order and stores what their cells still hold.
    ///
    /// Each has its time to finish, and all together have three times that.
    func stopServices(where isMeant: (String) -> Bool) async {
        let deadline = ContinuousClock.now + stopLimit * 3
        for service in services.reversed() where isMeant(service.path) {
            states[service.path] = .stopping
            let limit = min(stopLimit, max(.zero, deadline - .now))
            if await !service.stop(within: limit) {
                logger.error(
                    "service did not stop in time", metadata: ["service": "\(service.path)", "limit": "\(limit)"])
            }
            states[service.path] = .stopped
            services.removeAll { $0 === service }
            await release(service)
        }
    }

    /// Stores what the cells of a service that has ended still hold, unless another goes on with them.
    func release(_ service: RunningService) async {
        do {
            try await writer.release(service: service.identity)
        } catch {
            logger.error("state is not stored", metadata: ["service": "\(service.path)", "error": "\(error)"])
        }
    }

    /// Stops everything and closes the tap.
    ///
    /// Answers whether all state is on disk.
    func shutDown(isSaving: Bool) async -> Bool {
        isStopping = true
        awaitConfirmation(nil)
        await beginChange()
        guard successorProcess == nil else { return true }
        if !isSaving { for service in services + draining { writer.forget(service: service.identity) } }
        await stopServices { _ in true }
        await drained()
        sockets.close()
        sockets = SocketTable()
        do {
            if isSaving { try await keepSnapshot("at the end") }
        } catch {
            logger.error("no snapshot is made at the end", metadata: ["error": "\(error)"])
        }
        do {
            try await writer.close()
            return true
        } catch {
            logger.error("the tap is not saved", metadata: ["error": "\(error)"])
            return false
        }
    }

    /// Makes a snapshot when something changed since the last revision, and prunes as the application's retention says.
    func saveSnapshot(_ comment: String) async {
        // While the application goes to a new program the tap is nobody's.
        await beginChange()
        defer { endChange() }
        guard !isStopping else { return }
        do { try await keepSnapshot(comment) } catch {
            logger.error("no snapshot is made", metadata: ["error": "\(error)"])
        }
    }

    private func keepSnapshot(_ comment: String) async throws {
        try await writer.commit { [logger] tap in try RunningApplication.addSnapshot(comment, of: tap, logger) }
        await tellRevisions()
        guard let retention = application.retention else { return }
        let pruned = try await writer.perform { try $0.prune(retention) }
        logger.debug("history pruned", metadata: ["revisions": "\(pruned.revisions.count)"])
    }

    private static func addSnapshot(_ comment: String, of tap: Tap, _ logger: Logger) throws {
        guard try tap.hasUncapturedState() else { return }
        let author = Authorship(author: UserName.current, origin: "tapd", comment: comment)
        let number = try tap.addRevision(.snapshot, by: author)
        logger.info("snapshot", metadata: ["revision": "\(number)", "why": "\(comment)"])
    }

    /// Ends the time that stopping services still have.
    func hurry() {
        let names = services.map(\.path).joined(separator: " ")
        logger.warning("what is still open is cut off", metadata: ["services": "\(names)"])
        for service in services + draining { service.hurry() }
    }

    func statusReport() async throws -> StatusReport {
        let (active, latest, unconfirmed) = try await writer.perform {
            (try $0.activeRevision(), try $0.latestRevision(), try $0.confirmation())
        }
        let running = Dictionary(self.services.map { ($0.path, $0.plan) }) { first, _ in first }
        let services = application.servicesByPath.map { path, definition in
            StatusReport.Service(
                name: path, kind: definition.kind, enabled: definition.isEnabled, state: state(of: path, definition),
                restarts: histories[path]?.count ?? 0,
                lastFailure: histories[path]?.lastFailure.map { .init(time: $0.time, reason: $0.reason) },
                endpoints: running[path].map { sockets.listening(of: $0).map(\.endpoint.description) } ?? [])
        }
        return StatusReport(
            name: application.name, tap: tapPath, revision: active, running: true, pid: Int(getpid()), since: since,
            durable: .init(revision: latest, lossWindow: writer.lossWindow), services: services,
            unconfirmed: unconfirmed)
    }

    func state(of path: String, _ definition: ServiceDefinition) -> StatusReport.Service.State {
        if isQuarantining, PlannedService.isUnknown(definition, to: kinds) { return .quarantined }
        // A group has no state of its own but that it failed.
        return states[path] ?? (definition.isGroup && application.isActive(path) && !isStopping ? .running : .stopped)
    }

    func requestStop() { report(.stopRequested) }

    /// Brings the services that run into the order of the application.
    func sortServices() {
        let places = Dictionary(application.servicesByPath.enumerated().map { ($1.path, $0) }) { first, _ in first }
        services.sort { places[$0.path] ?? .max < places[$1.path] ?? .max }
    }
}
