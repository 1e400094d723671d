import NIOCore
import NIOPosix

/// Connects to the first of some addresses that answers.
///
/// The next address gets its turn when the one before has failed, or has not answered for a quarter of a second (after RFC
/// 8305, section 5). Everything happens on the event loop.
final class Dialer: SocksTask {
    private static let patience = TimeAmount.milliseconds(250)

    private let loop: any EventLoop
    private let outside: SocketAddress?
    private var addresses: ArraySlice<SocketAddress>
    private var underWay = 0
    private var turn: Scheduled<Void>?
    private var done: ((Result<any Channel, any Error>) -> Void)?
    private var failure: any Error = DialerProblem.noAddress

    /// Addresses that have not been tried; `done` is called once, unless this is cancelled before.
    ///
    /// - Parameters:
    ///   - addresses: where to connect, in order.
    ///   - outside: where connections come from; nil: the system chooses.
    ///   - loop: the event loop of the connection.
    ///   - done: what is to be done with the connection, which is not read yet, or with the last error.
    init(
        _ addresses: [SocketAddress], from outside: SocketAddress?, on loop: any EventLoop,
        done: @escaping (Result<any Channel, any Error>) -> Void
    ) {
        (self.addresses, self.outside, self.loop, self.done) = (addresses[...], outside, loop, done)
    }

    /// Tries the next address.
    func start() {
        turn?.cancel()
        turn = nil
        guard done != nil else { return }
        guard let address = addresses.popFirst() else {
            if underWay == 0 { finish(.failure(failure)) }
            return
        }
        underWay += 1
        if !addresses.isEmpty {
            turn = loop.assumeIsolated().scheduleTask(in: Dialer.patience) { [self] in start() }
        }
        connect(to: address).assumeIsolated().whenComplete { [self] result in ended(result) }
    }

    /// Gives all up; connections that come later are closed.
    func cancel() {
        turn?.cancel()
        done = nil
    }

    private func ended(_ result: Result<any Channel, any Error>) {
        underWay -= 1
        switch result {
        case .success(let channel):
            if done == nil { channel.close(promise: nil) } else { finish(result) }
        case .failure(let error):
            failure = error
            start()
        }
    }

    private func finish(_ result: Result<any Channel, any Error>) {
        let done = done
        cancel()
        done?(result)
    }

    private func connect(to address: SocketAddress) -> EventLoopFuture<any Channel> {
        var bootstrap = ClientBootstrap(group: loop)
            // The limit of the request comes first.
            .connectTimeout(.hours(24))
            .channelOption(.autoRead, value: false)
            .channelOption(.allowRemoteHalfClosure, value: true)
        if let outside {
            guard outside.protocol == address.protocol else {
                return loop.makeFailedFuture(DialerProblem.otherFamily)
            }
            bootstrap = bootstrap.bind(to: outside)
        }
        return bootstrap.connect(to: address)
    }
}

/// Why no connection was tried.
enum DialerProblem: Error, Equatable {
    case noAddress
    /// The address that connections shall come from is of IPv4, and the destination of IPv6, or the other way round.
    case otherFamily
}

/// Something that is done for a client, and can be given up.
protocol SocksTask: AnyObject {
    /// Gives it up; nothing is called back.
    func cancel()
}
