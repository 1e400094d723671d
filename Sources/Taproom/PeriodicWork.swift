public import Logging
public import ServiceLifecycle

/// Does something at the start and then again and again: a part of a service, beside others in a `ServiceGroup`.
///
///     PeriodicWork(every: settings.every, logger: context.logger) { try await removeWhatIsOld() }
///
/// The pause begins when the work is done, so that it is never done twice at once. When it throws, that is logged, and it
/// is done again after the pause. When the graceful shutdown begins, work that is under way is cancelled.
public struct PeriodicWork: Service {
    private let pause: TimeSpan
    private let logger: Logger
    private let work: @Sendable () async throws -> Void

    /// Work that has not begun.
    ///
    /// - Parameters:
    ///   - pause: the time between its end and its next beginning.
    ///   - logger: where failures are told.
    ///   - work: what is to be done.
    public init(every pause: TimeSpan, logger: Logger, _ work: @escaping @Sendable () async throws -> Void) {
        (self.pause, self.logger, self.work) = (pause, logger, work)
    }

    /// Works until the graceful shutdown.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await work()
                } catch {
                    guard !Task.isCancelled else { return }
                    logger.error("periodic work failed", metadata: ["error": "\(error)"])
                }
                // It throws when it is cancelled, and the loop ends.
                try? await Task.sleep(for: .milliseconds(pause.milliseconds))
            }
        }
    }
}
