import TapControl
import Taproom

/// Where `--control` says that an application is to be controlled.
struct ControlPlaces {
    /// The path of the unix socket; nil: there is none, as for an application in memory.
    private(set) var socket: String?
    private(set) var port: Endpoint?

    /// Reads the words of a command line; the socket of the tap stays when only a port is named, for tapctl asks there.
    ///
    /// Throws ``UsageError``.
    init(_ words: [String], tap: String?) throws {
        for word in words {
            if word.hasPrefix("tcp:") {
                guard port == nil else { throw UsageError(problem: "--control names two ports") }
                port = try ControlPlaces.port(word)
            } else {
                guard socket == nil else { throw UsageError(problem: "--control names two sockets") }
                socket = try ControlPlaces.path(word)
            }
        }
        socket = socket ?? tap.map(ControlSocket.path)
        guard port == nil || socket != nil else {
            throw UsageError(
                problem: """
                    an application in memory that is controlled over TCP needs a --control PATH too, to make tokens
                    """)
        }
    }

    private static func port(_ word: String) throws -> Endpoint {
        let endpoint = try Self.endpoint(word)
        guard case .tcp = endpoint.address, endpoint.isOfThisMachine else {
            throw UsageError(
                problem: "--control \(word): only this machine may control over TCP: add :interface=127.0.0.1")
        }
        return endpoint
    }

    private static func path(_ word: String) throws -> String {
        if word.hasPrefix("tls:") {
            throw UsageError(
                problem: """
                    --control \(word): there is no TLS here yet: use tcp: on 127.0.0.1, through a tunnel such as ssh -L
                    """)
        }
        guard word.hasPrefix("unix:") else { return word }
        guard case .unix(let path, let mode) = try Self.endpoint(word).address else { return word }
        guard mode == nil else {
            throw UsageError(problem: "--control \(word): who may connect is said with --control-group")
        }
        return path
    }

    private static func endpoint(_ word: String) throws -> Endpoint {
        do throws(EndpointError) {
            return try Endpoint(word)
        } catch {
            throw UsageError(problem: "--control: \(error)")
        }
    }
}
