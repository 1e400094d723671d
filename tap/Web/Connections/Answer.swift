import NIOCore
import TapSecrets

/// What a request is answered with.
enum Answer {
    /// A response that is known as a whole; the body of the request is of no interest.
    case response(Response)
    /// Something that takes the body of the request and answers when it likes.
    case handler(any RequestHandler, HandlerTerms)
    /// It is found out first whether the request is to be answered at all; meanwhile its body isn't read.
    case later(LaterAnswer)
}

/// An answer that depends on whether a password is right.
struct LaterAnswer {
    private let verdict: EventLoopFuture<KnownUsers.Verdict>
    private let answer: (KnownUsers.Verdict) -> Answer

    init(_ verdict: EventLoopFuture<KnownUsers.Verdict>, _ answer: @escaping (KnownUsers.Verdict) -> Answer) {
        (self.verdict, self.answer) = (verdict, answer)
    }

    /// One that is changed when it is there.
    func map(_ change: @escaping (Answer) -> Answer) -> LaterAnswer {
        LaterAnswer(verdict) { [answer] in change(answer($0)) }
    }

    /// Gives the answer to a body when it is there, at once or later, on the event loop of the connection.
    func whenReady(_ body: @escaping (Answer) -> Void) {
        verdict.assumeIsolated().whenSuccess { body(answer($0)) }
    }
}

/// What the place of a handler says of its requests and answers.
struct HandlerTerms {
    /// The greatest body of a request in bytes.
    var bodyLimit: Int64 = 0
    /// Fields that the answer gets.
    var fields: [(name: String, value: String)] = []
    /// Whether they say who may read the answer, so that the handler has no say in that.
    var saysWhoMayRead = false

    /// The head of an answer as the place wants it.
    func applied(to head: ResponseHead) -> ResponseHead {
        guard saysWhoMayRead else { return head.with(fields) }
        let own = head.fields.filter { !$0.name.lowercased().hasPrefix("access-control-") }
        return ResponseHead(head.status, fields: own + fields)
    }
}
