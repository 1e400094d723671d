import NIOHTTP1

/// Why an upstream has not answered, or not to the end.
enum UpstreamFailure: Error, Equatable {
    /// There is no connection; nothing was sent.
    case connect(String)
    /// Making the connection took too long; nothing was sent.
    case connectTimeout
    /// It has closed the connection before its answer was complete; whether any of it had come.
    case closed(hadBegun: Bool)
    /// What it has sent is no response.
    case malformed(String)
    /// It has taken too long to take the request, to begin its answer, or to go on with it.
    case timeout(String)

    /// What is logged.
    var reason: String {
        switch self {
        case .connect(let text): "no connection: \(text)"
        case .connectTimeout: "no connection within the time for it"
        case .closed(false): "it closed the connection before it answered"
        case .closed(true): "it closed the connection in the middle of its answer"
        case .malformed(let text): "its answer can't be read: \(text)"
        case .timeout(let text): text
        }
    }

    /// What the client is told.
    var status: HTTPResponseStatus {
        switch self {
        case .connectTimeout, .timeout: .gatewayTimeout
        case .connect, .closed, .malformed: .badGateway
        }
    }

    /// Whether nothing of the request can have been sent.
    var cameBeforeRequest: Bool {
        switch self {
        case .connect, .connectTimeout: true
        case .closed, .malformed, .timeout: false
        }
    }

    /// Whether the connection was closed.
    var isClosing: Bool { if case .closed = self { true } else { false } }
}
