import NIOCore

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
    private let verdict: EventLoopFuture<Authentication.Verdict>
    private let answer: (Authentication.Verdict) -> Answer

    init(_ verdict: EventLoopFuture<Authentication.Verdict>, _ answer: @escaping (Authentication.Verdict) -> Answer) {
        (self.verdict, self.answer) = (verdict, answer)
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
}
