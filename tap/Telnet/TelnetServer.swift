import Glibc
import NIOCore
import ServiceLifecycle
import TapNetwork
import Taproom

/// A running telnet service.
final class TelnetServer: ReconfigurableService {
    private let access: TelnetAccess
    private let figures: TelnetFigures
    private let server: ChannelServer

    init(_ settings: TelnetSettings, _ shell: any ApplicationShell, _ context: ServiceContext) {
        let access = TelnetAccess(settings)
        let figures = TelnetFigures(service: context.name)
        let place = TelnetPlace(access, shell, figures, context.logger)
        (self.access, self.figures) = (access, figures)
        server = ChannelServer(context, connectionLimit: settings.limits.sessions) { channel, endpoint in
            channel.eventLoop.makeCompletedFuture {
                // Scripts may have said all that they have to say long before all is answered.
                try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
                if case .tcp = endpoint.address {
                    // The byte behind an urgent command belongs to the stream, or the next one would be lost.
                    let urgent = ChannelOptions.socketOption(NIOBSDSocket.Option(rawValue: SO_OOBINLINE))
                    try channel.syncOptions?.setOption(urgent, value: 1)
                }
                try channel.pipeline.syncOperations.addHandler(TelnetConnection(place))
            }
        }
    }

    func run() async throws {
        defer { figures.destroy() }
        try await server.run()
    }

    /// Those who are logged in stay so, unless their account is another now.
    func reconfiguration(to settings: TelnetSettings) async throws -> @Sendable () -> Void {
        { [access] in access.use(settings) }
    }
}
