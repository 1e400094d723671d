import Logging
import ServiceLifecycle
import TapTesting
import Taproom

@testable import TapPortforward

/// A service that a test runs, and changes.
struct RunningForward: Sendable {
    let service: RunningService
    fileprivate let server: PortforwardServer

    /// Opens a connection to an endpoint.
    func connect(to index: Int = 0) throws -> TestConnection { try service.connect(to: index) }

    /// Goes on with other settings, as the runner does it.
    func change(to settings: PortforwardSettings) async throws { try await server.reconfiguration(to: settings)() }

    /// What counts for new connections.
    var plan: ForwardPlan { server.plan }

    /// The port of an endpoint.
    func port(_ index: Int = 0) throws -> UInt16 { try service.addresses[index].port() }
}

extension TestAddress {
    /// The TCP or UDP port.
    func port() throws -> UInt16 {
        switch self {
        case .tcp(_, let port), .udp(_, let port): return port
        case .unix: throw TestFailure("a unix socket has no port")
        }
    }

    /// The same as a target.
    var target: ForwardTarget {
        switch self {
        case .tcp(let host, let port): .tcp(host, port)
        case .udp(let host, let port): ForwardTarget(.udp(host: host, port: port))
        case .unix(let path): ForwardTarget(.unix(path: path))
        }
    }
}

/// The kind, with what it makes left where a test finds it.
private enum Kept {
    @TaskLocal static var server: @Sendable (PortforwardServer) -> Void = { _ in }
}

/// The same kind, whose services tell a test of themselves.
private struct Told: ServiceKind {
    typealias Settings = PortforwardSettings
    typealias Options = PortforwardOptions
    static let word = Portforward.word
    static let summary = Portforward.summary
    static let acceptsDatagrams = true
    static var state: [any StateDeclaration] { Portforward.state }

    static func makeService(settings: Settings, context: ServiceContext) async throws -> any Service {
        let service = try await Portforward.makeService(settings: settings, context: context)
        if let server = service as? PortforwardServer { Kept.server(server) }
        return service
    }
}

/// Runs the service around a piece of a test.
func forwarding<Result>(
    to targets: [TestAddress], listen: [Endpoint] = [.tcp(port: 0)], state: TestState = TestState(),
    logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
    _ change: (inout PortforwardSettings) -> Void = { _ in }, _ body: (RunningForward) async throws -> Result
) async throws -> Result {
    var settings = PortforwardSettings()
    settings.listen = OneOrMore(listen)
    settings.to = OneOrMore(targets.map(\.target))
    change(&settings)
    let (servers, made) = AsyncStream.makeStream(of: PortforwardServer.self)
    return try await Kept.$server.withValue({ made.yield($0) }) {
        try await withService(Told.self, settings: settings, state: state, logger: logger) { service in
            guard let server = await servers.first(where: { _ in true }) else {
                throw TestFailure("no service was made")
            }
            return try await body(RunningForward(service: service, server: server))
        }
    }
}

/// Settings for targets.
func forwardSettings(
    to targets: [TestAddress], _ change: (inout PortforwardSettings) -> Void = { _ in }
) -> PortforwardSettings {
    var settings = PortforwardSettings()
    settings.listen = [.tcp(port: 0)]
    settings.to = OneOrMore(targets.map(\.target))
    change(&settings)
    return settings
}
