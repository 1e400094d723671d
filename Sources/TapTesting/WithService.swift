public import Logging
import ServiceLifecycle
public import TapData
public import Taproom

/// A service that a test runs in its own process.
public struct RunningService: Sendable {
    /// Where the service listens, in the order of its endpoints.
    public let addresses: [TestAddress]
    /// What the service remembers.
    public let state: TestState

    /// Opens a connection to an address; the first unless told otherwise.
    ///
    /// Throws ``TestFailure``.
    public func connect(to index: Int = 0) throws -> TestConnection {
        guard addresses.indices.contains(index) else { throw TestFailure("the service has no endpoint \(index)") }
        return try TestConnection(to: addresses[index])
    }
}

/// Runs a service around a piece of a test.
///
/// The service listens on free ports of 127.0.0.1 in place of the TCP ports of its settings; unix sockets stay where
/// they are. When the body is done, or has thrown, the service is shut down gracefully and waited for, and its state is
/// saved. Give the same state to a second call to see whether the service goes on where it was.
///
///     try await withService(Web.self, settings: settings) { service in
///         let connection = try service.connect()
///         try await connection.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
///     }
///
/// - Parameters:
///   - kind: the kind of the service.
///   - settings: its settings; the defaults unless told otherwise.
///   - state: what it remembers; nothing unless told otherwise.
///   - logger: where it writes its log; nowhere unless told otherwise.
///   - body: the test.
/// - Throws: what making or running the service throws, or the body.
/// - Returns: what the body returns.
public func withService<Kind: ServiceKind, Result>(
    _ kind: Kind.Type, settings: Kind.Settings = Kind.Settings(), state: TestState = TestState(),
    logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
    _ body: (RunningService) async throws -> Result
) async throws -> Result {
    try await withService(kind, settings: settings, state: state, logger: logger, shell: nil, body)
}

/// The same, for a service that reaches the application it is part of.
///
/// - Parameters:
///   - kind: the kind of the service.
///   - settings: its settings.
///   - state: what it remembers; nothing unless told otherwise.
///   - logger: where it writes its log; nowhere unless told otherwise.
///   - shell: what stands for the application.
///   - body: the test.
/// - Throws: what making or running the service throws, or the body.
/// - Returns: what the body returns.
package func withService<Kind: ServiceKind, Result>(
    _ kind: Kind.Type, settings: Kind.Settings, state: TestState = TestState(),
    logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, shell: (any ApplicationShell)?,
    _ body: (RunningService) async throws -> Result
) async throws -> Result {
    try await withMadeService(kind, settings: settings, state: state, logger: logger, shell: shell) { running, _ in
        try await body(running)
    }
}

/// Runs a service around a piece of a test that also gets the service itself.
func withMadeService<Kind: ServiceKind, Result>(
    _ kind: Kind.Type, settings: Kind.Settings, state: TestState,
    logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, shell: (any ApplicationShell)? = nil,
    _ body: (RunningService, any Service) async throws -> Result
) async throws -> Result {
    let sockets = try settings.endpoints.map { try ListeningSocket($0) }
    // The service knows the sockets by their numbers only.
    defer { withExtendedLifetime(sockets) {} }
    let context = ServiceContext(
        name: kind.word, logger: logger, listeners: sockets.map(\.listener), identity: TestState.identity,
        store: state.store, shell: shell)
    let service = try await kind.makeService(settings: settings, context: context)
    let group = ServiceGroup(
        configuration: .init(services: [.init(service: service)], gracefulShutdownSignals: [], logger: logger))
    let running = RunningService(addresses: sockets.map(\.address), state: state)
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        let outcome: Swift.Result<Result, any Error>
        do {
            outcome = .success(try await body(running, service))
        } catch {
            outcome = .failure(error)
        }
        await group.triggerGracefulShutdown()
        do {
            for try await _ in tasks {}
        } catch {
            // What the test has found comes first: a service that fails is usually why.
            if case .success = outcome { throw error }
        }
        try state.save()
        return try outcome.get()
    }
}
