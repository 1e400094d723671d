import Glibc
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization
package import TapNetwork
package import Taproom

/// Accepts connections on sockets and passes them on, on threads of its own: for what is neither encrypted nor looked into.
///
/// On a graceful shutdown it accepts nothing more, and ends with the last connection; it closes those that are left when its
/// task is cancelled.
package final class SpliceServer: Sendable {
    /// What happens to a connection that was accepted.
    package enum Verdict {
        /// It is passed on here.
        case direct(any SpliceClient, SpliceLimits)
        /// It is passed on here when it has said where to.
        case talk(any SpliceTalker, SpliceLimits)
        /// Somebody else serves it, who owns the socket now and calls the closure when it is closed.
        case elsewhere
        /// It is closed.
        case refused
    }

    private struct Contents {
        var open = 0
        var lastFailure: NIODeadline?
        var waiting: CheckedContinuation<Void, Never>?
    }

    /// A failure that was logged is logged again when there was none for so long.
    private static let silence = TimeAmount.seconds(60)

    private let service: String
    private let listeners: [Listener]
    private let logger: Logger
    private let budgets: [ConnectionBudget]
    private let grace: Duration?
    private let whenShut: @Sendable () -> Void
    private let judge:
        @Sendable (_ socket: CInt, SocketName, Endpoint, _ closed: @escaping @Sendable () -> Void) -> Verdict
    private let contents = Mutex(Contents())

    /// A server that has not started.
    ///
    /// - Parameters:
    ///   - context: what the service was given.
    ///   - budgets: where connections are counted; there has to be room in each.
    ///   - accepting: which of the listeners are served.
    ///   - grace: how long connections have when the service stops, unless they go nowhere yet; nil: as long as it may take.
    ///   - whenShut: called once, when nothing is accepted any more and so nobody else gets a connection.
    ///   - judge: decides about a connection, on the thread where it was accepted; it does not wait.
    package init(
        _ context: ServiceContext, budgets: [ConnectionBudget], accepting: (Endpoint) -> Bool = { _ in true },
        grace: Duration? = nil, whenShut: @escaping @Sendable () -> Void,
        judge:
            @escaping @Sendable (_ socket: CInt, SocketName, Endpoint, _ closed: @escaping @Sendable () -> Void) ->
            Verdict
    ) {
        (service, logger, self.budgets, self.judge) = (context.name, context.logger, budgets, judge)
        (self.grace, self.whenShut) = (grace, whenShut)
        listeners = context.listeners.filter { !$0.endpoint.takesDatagrams && accepting($0.endpoint) }
    }

    /// Serves until the graceful shutdown, and then until the last connection is closed.
    package func run() async throws {
        guard !listeners.isEmpty else { return whenShut() }
        let figures = listeners.map { EndpointFigures(service: service, endpoint: $0.endpoint) }
        defer { for figures in figures { figures.destroy() } }
        let loops: [SpliceLoop]
        do {
            loops = try SpliceLoop.shared()
            for loop in loops { try open(loop, figures) }
        } catch {
            for loop in (try? SpliceLoop.shared()) ?? [] {
                await shut(loop)
                loop.execute { $0.closeAll(of: self) }
            }
            whenShut()
            throw error
        }
        let (stopped, stop) = AsyncStream.makeStream(of: Void.self)
        await withTaskCancellationOrGracefulShutdownHandler {
            for await _ in stopped {}
        } onCancelOrGracefulShutdown: {
            stop.finish()
        }
        for loop in loops { await shut(loop) }
        whenShut()
        await withTaskCancellationHandler {
            await allClosed()
        } onCancel: {
            for loop in loops { loop.execute { $0.closeAll(of: self) } }
        }
    }

    private func open(_ loop: SpliceLoop, _ figures: [EndpointFigures]) throws {
        for (listener, figures) in zip(listeners, figures) {
            let descriptor = try listener.duplicate()
            loop.execute { $0.open(SpliceDoor(descriptor, listener.endpoint, figures, self)) }
            logger.debug("accepting", metadata: ["endpoint": "\(listener.endpoint)"])
        }
    }

    /// Returns when a loop accepts nothing any more.
    private func shut(_ loop: SpliceLoop) async {
        await withCheckedContinuation { continuation in
            loop.execute { loop in
                loop.shutDoors(of: self)
                loop.closeSoon(self.grace, of: self)
                continuation.resume()
            }
        }
    }

    private func allClosed() async {
        await withCheckedContinuation { continuation in
            let isDone = contents.withLock { contents in
                if contents.open > 0 { contents.waiting = continuation }
                return contents.open == 0
            }
            if isDone { continuation.resume() }
        }
    }

    // MARK: What doors tell, on the threads of their loops

    /// Keeps room for a connection; when there is none `resume` is called as soon as there is.
    func takeRoom(orWait resume: @escaping @Sendable () -> Void) -> Bool {
        for (index, budget) in budgets.enumerated() where !budget.takeRoom(orWait: resume) {
            for taken in budgets[..<index] { taken.giveBack() }
            return false
        }
        return true
    }

    /// There is no connection for the room that was kept.
    func giveBackRoom() { for budget in budgets { budget.giveBack() } }

    /// Decides about a connection that was accepted, for which there was room.
    func accepted(_ socket: CInt, _ name: SocketName, _ door: SpliceDoor, _ loop: SpliceLoop) {
        door.figures.noteAccepted()
        contents.withLock { $0.open += 1 }
        let figures = door.figures
        switch judge(socket, name, door.endpoint, { self.closed(figures) }) {
        case .direct(let owner, let limits): loop.begin(socket, .passing(owner), limits, at: door, self)
        case .talk(let talker, let limits): loop.begin(socket, .talking(talker), limits, at: door, self)
        case .elsewhere: break
        case .refused:
            close(socket)
            closed(figures)
        }
    }

    /// A connection is closed.
    func closed(_ figures: EndpointFigures) {
        giveBackRoom()
        figures.noteClosed()
        let waiting: CheckedContinuation<Void, Never>? = contents.withLock { contents in
            contents.open -= 1
            guard contents.open == 0 else { return nil }
            defer { contents.waiting = nil }
            return contents.waiting
        }
        waiting?.resume()
    }

    /// No connection can be accepted, which is said now and then.
    func noteFailure(_ code: CInt) {
        let now = NIODeadline.now()
        let isNew = contents.withLock { contents in
            defer { contents.lastFailure = now }
            return contents.lastFailure.map { now - $0 > Self.silence } ?? true
        }
        guard isNew else { return }
        let error = SystemCallError("accept a connection", code: code)
        logger.warning("no connection can be accepted for now; clients wait", metadata: ["error": "\(error.reason)"])
    }
}
