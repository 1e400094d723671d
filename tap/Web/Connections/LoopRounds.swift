import NIOCore

/// Tells one round of an event loop from the next, so that what was found out once holds for all requests of a round.
///
/// A round begins when the operating system tells on which connections something has come. Whatever is answered in it was
/// sent before that, and so before anything that is looked at in it: a client that asks after a change sees the change.
final class LoopRounds {
    private let loop: any EventLoop
    private var number = 0
    private var endIsAwaited = false

    init(_ loop: any EventLoop) { self.loop = loop }

    /// The number of the present round.
    var current: Int {
        if !endIsAwaited {
            endIsAwaited = true
            // Runs when all connections of this round had their turn.
            loop.assumeIsolated().execute { [self] in
                endIsAwaited = false
                number += 1
            }
        }
        return number
    }
}
