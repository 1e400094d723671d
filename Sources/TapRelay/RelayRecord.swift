/// Hears what passes through a relay, on its event loop.
package protocol RelayRecord: AnyObject {
    /// Bytes have come from one side and are on their way to the other.
    func passed(_ bytes: Int, from side: RelaySide)
    /// Both connections are closed; called once.
    func ended(_ ending: RelayEnding)
}

/// The two sides of a relay.
package enum RelaySide: Sendable {
    /// Who has connected to us.
    case client
    /// To whom we have connected.
    case target
}

/// How a relay has ended.
package enum RelayEnding: Equatable, Sendable, CustomStringConvertible {
    /// Both sides have ended their streams.
    case finished
    /// Nothing came from either side for too long.
    case idle
    /// We have closed it: the service stops, or no target was found.
    case closed
    /// A side was gone before its stream had ended.
    case failed(RelaySide, String)

    /// The same in words, for logs.
    package var description: String {
        switch self {
        case .finished: "both sides have ended"
        case .idle: "nothing came from either side for too long"
        case .closed: "it was closed here"
        case .failed(.client, let reason): "the client is gone: \(reason)"
        case .failed(.target, let reason): "the target is gone: \(reason)"
        }
    }
}
