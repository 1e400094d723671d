import Glibc
package import Logging
package import NIOCore

/// Decides when a listener accepts connections: when there is room for them, and not while the system can't give them.
///
/// Everything here happens on the listener's event loop.
package final class Acceptance: ChannelDuplexHandler {
    package typealias InboundIn = any Channel
    package typealias InboundOut = any Channel
    package typealias OutboundIn = any Channel

    /// How many connections are accepted before others on the same event loop get their turn.
    private static let mostAtOnce = 4
    /// How long nothing is accepted after the system could not give a connection.
    private static let errorPause = TimeAmount.milliseconds(250)
    /// A failure that was logged is logged again when there was none for so long.
    private static let silence = TimeAmount.seconds(60)
    /// What accept(2) says when it will be possible again some time.
    private static let passingErrors: Set<CInt> = [EMFILE, ENFILE, ENOBUFS, ENOMEM]

    private let budgets: [ConnectionBudget]
    private let figures: EndpointFigures?
    private let logger: Logger
    private let accepted: (any Channel) -> Void
    private var atOnce = mostAtOnce
    /// How many files there were before the reserve when they were counted last.
    private var files = 0
    /// How often connections are accepted before files are counted again.
    private var roundsBeforeCount = 0
    private var isWaiting = false
    private var lastFailure: NIODeadline?

    /// Decides for a listener that counts for no service: there is always room.
    package convenience init(_ logger: Logger) { self.init([], nil, logger) { _ in } }

    /// Decides for a listener of a service.
    ///
    /// - Parameters:
    ///   - budgets: there has to be room in each.
    ///   - figures: where it is counted what happens.
    ///   - logger: where it is said that accepting fails.
    ///   - accepted: told of each connection, before anything else happens with it.
    init(
        _ budgets: [ConnectionBudget], _ figures: EndpointFigures?, _ logger: Logger,
        accepted: @escaping (any Channel) -> Void
    ) {
        self.accepted = accepted
        self.budgets = budgets
        self.figures = figures
        self.logger = logger
    }

    package func read(context: ChannelHandlerContext) {
        guard !isWaiting else { return }
        let room = self.room(context)
        guard room > 0 else {
            isWaiting = true
            figures?.notePause(.limit)
            return
        }
        countFiles()
        guard files > 0 else { return pause(context, IOError(errnoCode: EMFILE, reason: "accept")) }
        // Other event loops take some of the same files at the same time.
        let atOnce = min(room, Self.mostAtOnce, max(files / 8, 1))
        if atOnce != self.atOnce {
            try? context.channel.syncOptions?.setOption(.maxMessagesPerRead, value: UInt(atOnce))
            self.atOnce = atOnce
        }
        context.read()
    }

    /// Counts files, which takes calls of the system: the more there are, the less often.
    private func countFiles() {
        guard roundsBeforeCount == 0 else {
            roundsBeforeCount -= 1
            return
        }
        files = FileReserve.distance
        roundsBeforeCount = max(0, min(files / (16 * Self.mostAtOnce), 64))
    }

    private func room(_ context: ChannelHandlerContext) -> Int {
        let bound = NIOLoopBound((self, context.channel), eventLoop: context.eventLoop)
        var room = Int.max
        for budget in budgets where room > 0 {
            room = min(
                room,
                budget.room {
                    bound.eventLoop.execute {
                        bound.value.0.isWaiting = false
                        bound.value.1.read()
                    }
                })
        }
        return room
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Here and not on the event loop of the connection, so that it is counted before the next is accepted.
        for budget in budgets { budget.take() }
        figures?.noteAccepted()
        accepted(unwrapInboundIn(data))
        context.fireChannelRead(data)
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch (error as? IOError)?.errnoCode {
        // A client that was gone before its turn came.
        case ECONNABORTED?: break
        case let code? where Self.passingErrors.contains(code): pause(context, error)
        default: context.fireErrorCaught(error)
        }
    }

    /// Takes the listener out of what the event loop waits for.
    ///
    /// The connection that can't be accepted makes the socket readable all the time. To read it less often, as NIO's own
    /// `AcceptBackoffHandler` does, is not enough: a read that failed is still under way for NIO, which tries it for ever.
    private func pause(_ context: ChannelHandlerContext, _ error: any Error) {
        figures?.notePause(.error)
        let now = NIODeadline.now()
        if lastFailure.map({ now - $0 > Self.silence }) ?? true {
            logger.warning(
                "no connection can be accepted for now; clients wait", metadata: ["error": "\(error)"])
        }
        lastFailure = now
        let channel = context.channel
        try? channel.syncOptions?.setOption(.autoRead, value: false)
        channel.eventLoop.scheduleTask(in: Self.errorPause) { channel.setOption(.autoRead, value: true) }
    }
}
