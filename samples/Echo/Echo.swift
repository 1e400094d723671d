// Echo (RFC 862) in a complete program: what a client sends comes back, over TCP and UDP.
import ArgumentParser
import ServiceLifecycle
import TapCommands
import TapNetwork
import Taproom

@main
struct EchoProgram: TapProgram {
    static let kinds: [any ServiceKind.Type] = [Echo.self]
}

struct Echo: ServiceKind {
    static let word = "echo"
    static let summary = "Sends back what it is sent."
    static let acceptsDatagrams = true

    struct Settings: ServiceSettings {
        var listen: OneOrMore<Endpoint> = [.tcp(port: 7007), .udp(port: 7007)]
        var endpoints: [Endpoint] { listen.elements }
    }

    struct Options: ServiceOptions {
        @OptionGroup var listening: ListenOptions

        func settings() throws -> Settings { Settings(listen: try listening.endpoints(default: Settings().listen)) }
    }

    static func makeService(settings: Settings, context: ServiceContext) async throws -> any Service {
        let connections = ConnectionServer(context) { client in
            for try await piece in client.pieces { try await client.write(piece) }
        }
        let datagrams = DatagramServer(context) { datagram in datagram }
        return ServiceGroup(services: [connections, datagrams], logger: context.logger)
    }
}
