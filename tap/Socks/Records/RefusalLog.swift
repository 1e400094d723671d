import Logging
import NIOCore
import Synchronization

/// Says in the log what is refused, and not too often: whoever knocks a thousand times does not fill it.
final class RefusalLog: Sendable {
    private struct Contents {
        var windowEnd = NIODeadline.distantPast
        var said = 0
        var unsaid = 0
    }

    /// How many lines there are at most in a window.
    static let most = 10
    private static let window = TimeAmount.seconds(10)

    private let logger: Logger
    private let contents = Mutex(Contents())

    init(_ logger: Logger) { self.logger = logger }

    /// Says that something was refused, with how many others were not said before.
    func say(_ message: Logger.Message, _ metadata: @autoclosure () -> Logger.Metadata, now: NIODeadline = .now()) {
        let unsaid: Int? = contents.withLock { contents in
            if now >= contents.windowEnd {
                contents.windowEnd = now + RefusalLog.window
                contents.said = 0
            }
            guard contents.said < RefusalLog.most else {
                contents.unsaid += 1
                return nil
            }
            contents.said += 1
            defer { contents.unsaid = 0 }
            return contents.unsaid
        }
        guard let unsaid else { return }
        var metadata = metadata()
        if unsaid > 0 { metadata["unsaid"] = "\(unsaid)" }
        logger.info(message, metadata: metadata)
    }
}
