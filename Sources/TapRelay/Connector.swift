import Glibc
package import NIOCore
import NIOPosix
import Taproom

/// Makes the connections of relays to their targets.
package struct Connector: Sendable {
    private let timeout: TimeAmount

    /// A connector that waits for a limited time: for the connection, and then for the handshake of TLS.
    package init(timeout: TimeAmount) { self.timeout = timeout }

    /// Connects, and answers with a connection that is read only when it is joined to another.
    ///
    /// - Parameters:
    ///   - address: where to.
    ///   - loop: the event loop of the connection, which is also that of the client it is joined to.
    ///   - greeting: what is sent before everything else, also before TLS.
    ///   - security: makes what encrypts the connection; nil: it is not encrypted.
    /// - Returns: the connection, once it is made and encrypted; ``reason(of:)`` says why there is none.
    package func connect(
        to address: RelayAddress, on loop: any EventLoop, greeting: ByteBuffer? = nil,
        security: (@Sendable () throws -> any ChannelHandler)? = nil
    ) -> EventLoopFuture<any Channel> {
        let bootstrap = ClientBootstrap(group: loop).connectTimeout(timeout).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                let pipeline = channel.pipeline.syncOperations
                if let greeting, greeting.readableBytes > 0 { try pipeline.addHandler(FirstBytes(greeting)) }
                if let security {
                    try pipeline.addHandler(security())
                    try pipeline.addHandler(HandshakeGate(timeout: timeout))
                }
                try RelayEnd(.target).install(in: channel)
            }
        }
        let connected = connect(bootstrap, address)
        guard security != nil else { return connected }
        return connected.flatMap { channel in
            do {
                return try channel.pipeline.syncOperations.handler(type: HandshakeGate.self).whenDone
            } catch {
                return channel.eventLoop.makeFailedFuture(ChannelError.eof)
            }
        }
    }

    /// Waits until a client's connection is encrypted, by a handler that stands in its pipeline already.
    ///
    /// - Parameters:
    ///   - channel: the connection, which is read for the handshake only.
    ///   - timeout: how long the handshake may take.
    /// - Returns: the connection once it is encrypted.
    /// - Throws: what NIO does when the channel is gone.
    package static func waitForHandshake(
        on channel: any Channel, timeout: TimeAmount
    ) throws -> EventLoopFuture<any Channel> {
        let gate = HandshakeGate(timeout: timeout)
        try channel.pipeline.syncOperations.addHandler(gate)
        return try gate.whenDone
    }

    /// An address needs no look into the DNS, which takes another thread.
    private func connect(_ bootstrap: ClientBootstrap, _ address: RelayAddress) -> EventLoopFuture<any Channel> {
        switch address {
        case .unix(let path): return bootstrap.connect(unixDomainSocketPath: path)
        case .tcp(let host, let port):
            if let address = try? SocketAddress(ipAddress: host, port: Int(port)) {
                return bootstrap.connect(to: address)
            }
            return bootstrap.connect(host: host, port: Int(port))
        }
    }

    /// Whether there is no connection because this machine has no files or no memory for it: that says nothing of the target.
    package static func isOwnFault(_ error: any Error) -> Bool {
        switch error {
        case let error as IOError: [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.errnoCode)
        case let error as NIOConnectionError: error.connectionErrors.first.map { isOwnFault($0.error) } ?? false
        default: false
        }
    }

    /// Why there is no connection, in words.
    package static func reason(of error: any Error) -> String {
        switch error {
        case ChannelError.connectTimeout: return "it took too long"
        case ChannelError.eof, ChannelError.ioOnClosedChannel: return "it closed the connection"
        case let error as IOError: return SystemCallError("connect", code: error.errnoCode).reason
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first { return reason(of: first.error) }
            if error.dnsAError != nil || error.dnsAAAAError != nil { return "no address of \(error.host) was found" }
            return "\(error.host) can't be reached"
        default: return "\(error)"
        }
    }
}
