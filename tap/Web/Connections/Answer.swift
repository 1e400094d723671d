/// What a request is answered with.
enum Answer {
    /// A response that is known as a whole; the body of the request is of no interest.
    case response(Response)
    /// Something that takes the body of the request, of at most so many bytes, and answers when it likes.
    case handler(any RequestHandler, bodyLimit: Int64)
}
