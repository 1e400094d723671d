import CoreMetrics
import Logging
import NIOCore
import Synchronization
import TapAccessLog
import Taproom

/// Where a service keeps records of what it does, as long as it runs and whatever its settings are.
final class SocksRecords: Sendable {
    let logger: Logger
    let refusals: RefusalLog
    private let counters: StoredCell<SocksCounters, AtSnapshots>
    private let files: AccessLogFiles
    private let lines = LoopLines()
    private let figures: SocksFigures

    init(_ service: String, _ counters: StoredCell<SocksCounters, AtSnapshots>, _ logger: Logger) {
        (self.counters, self.logger) = (counters, logger)
        (files, refusals) = (AccessLogFiles(logger), RefusalLog(logger))
        figures = SocksFigures(service: service, MetricsSystem.factory)
    }

    /// The log that settings ask for; nil: nothing is noted.
    ///
    /// Throws ``TapAccessLog/AccessLogError``.
    func log(_ settings: SocksAccessLog) throws(AccessLogError) -> SocksLog? {
        guard let path = settings.file else { return nil }
        let file = try files.file(path, size: settings.size, keep: settings.keep)
        return SocksLog(file: file, format: settings.format)
    }

    /// Counts a request when it is clear what becomes of it.
    func count(_ command: SocksCommand, _ outcome: SocksOutcome, for user: String?) {
        counters.update { $0.add(command, outcome, for: user) }
        figures.add(command, outcome)
    }

    /// Counts what was no request.
    func countMalformed() {
        counters.update { $0.malformed &+= 1 }
        figures.addMalformed()
    }

    /// Counts a client of whom nothing came, and says why.
    func note(_ problem: NegotiationProblem, _ metadata: @autoclosure () -> Logger.Metadata) {
        switch problem {
        case .wrongPassword, .busy, .noPassword, .noCommonMethod:
            countLogin(isRight: false)
            refusals.say("a client was refused", metadata().adding("reason", "\(problem)"))
        default:
            countMalformed()
            logger.debug("a client was not understood", metadata: metadata().adding("reason", "\(problem)"))
        }
    }

    /// Counts a password.
    func countLogin(isRight: Bool) {
        counters.update { counters in
            if isRight { counters.logins.accepted &+= 1 } else { counters.logins.refused &+= 1 }
        }
        figures.addLogin(isRight: isRight)
    }

    /// Counts bytes that were passed on.
    func count(_ bytes: SocksCounters.Bytes, for user: String?) {
        guard bytes != SocksCounters.Bytes() else { return }
        counters.update { $0.add(bytes, for: user) }
        figures.add(bytes)
    }

    /// Notes a request that is over; called on an event loop.
    func note(_ line: SocksLine, in log: SocksLog?, on loop: any EventLoop) {
        guard let log else { return }
        lines.pages(on: loop).add(to: log.file) { line.write(log.format, to: &$0, &$1) }
    }

    /// Waits until all is written, and shows the figures no more.
    func end() async {
        await lines.handOver()
        await files.end()
        figures.destroy()
    }
}
