import Dispatch
import Glibc
import Logging
import Synchronization
import Taproom

/// What the signals to stop ask for: the first one to stop, the second to hurry, the third to end at once.
final class StopSignals: Sendable {
    /// How long the log may take for the last line.
    private static let lastWords = DispatchTimeInterval.seconds(1)

    private let count = Mutex(0)
    private let logger: Logger
    private let stop: @Sendable () -> Void

    init(_ logger: Logger, stop: @escaping @Sendable () -> Void) {
        self.logger = logger
        self.stop = stop
    }

    func receive() {
        let number = count.withLock { count in
            count += 1
            return count
        }
        guard number > 2 else { return stop() }
        // Whatever hangs must not keep this from happening, and the log may be what hangs.
        let (logger, isSaid) = (logger, DispatchSemaphore(value: 0))
        Task.detached {
            logger.critical("ended at once by a third signal; what was not on disk is lost")
            isSaid.signal()
        }
        _ = isSaid.wait(timeout: .now() + StopSignals.lastWords)
        _exit(ExitStatus.inputOutput.rawValue)
    }
}
