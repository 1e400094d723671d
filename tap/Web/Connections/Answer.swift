/// What a request is answered with.
enum Answer {
    /// A response that is known as a whole; the body of the request is of no interest.
    case response(Response)
    /// Something that takes the body of the request and answers when it likes.
    case handler(any RequestHandler, HandlerTerms)
}

/// What the place of a handler says of its requests and answers.
struct HandlerTerms {
    /// The greatest body of a request in bytes.
    var bodyLimit: Int64 = 0
    /// Fields that the answer gets.
    var fields: [(name: String, value: String)] = []
}
