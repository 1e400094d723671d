import NIOCore
import NIOHTTP1

/// Answers one request piece by piece, while the body of the request may still be coming: a proxy, a program.
///
/// Everything happens on the event loop of the connection. It lives as long as the stream that it was given to.
protocol RequestHandler: AnyObject {
    /// Begins: from here on the answer can be sent to the stream, at once or later.
    ///
    /// Pieces of the request's body come next, unless the stream is told to pause.
    func begin(_ stream: any ResponseStream)
    /// Takes a piece of the request's body.
    func receive(_ bytes: ByteBuffer)
    /// The request is complete.
    func receiveEnd()
    /// The client takes more of the answer, or does not; ``ResponseStream/isWritable`` tells.
    func writabilityChanged()
    /// The client is gone, or the connection is broken: nothing that is sent goes anywhere. Called at most once, and not
    /// after the answer has ended.
    func cancel()
}

extension RequestHandler {
    func receive(_ bytes: ByteBuffer) {}
    func receiveEnd() {}
    func writabilityChanged() {}
}

/// Where a handler sends its answer: a request of HTTP/1 or a stream of HTTP/2.
///
/// The order is: any number of heads of the class 1xx, the head, pieces of the body, the end. What comes after the end, or
/// after the client is gone, is ignored. Used on its event loop only.
protocol ResponseStream: AnyObject {
    var eventLoop: any EventLoop { get }
    /// Whether the client takes what is sent; otherwise it waits in memory.
    var isWritable: Bool { get }
    /// Sends a head.
    ///
    /// With a field `Content-Length` exactly as many bytes have to follow. Without it the end of the body is marked in the
    /// way of the connection. Fields about the connection must not be in it.
    func send(_ head: ResponseHead)
    /// Sends a piece of the body; it is left out where there is none: in answer to HEAD, and with the states 204 and 304.
    func send(_ bytes: ByteBuffer)
    /// Sends whatever waits in buffers of ours.
    func flush()
    /// Ends the answer.
    func finish()
    /// Ends with a page that says what is wrong when nothing was sent yet, and breaks the connection off otherwise: the
    /// client has to see that the answer is not complete.
    func fail(_ status: HTTPResponseStatus)
    /// Stops or goes on reading the request's body.
    func setReading(_ isReading: Bool)
    /// Leaves HTTP: sends a head of the state 101 and then bytes as they are, in both directions, until one side ends.
    ///
    /// The handler gets bytes through ``RequestHandler/receive(_:)``, and ``RequestHandler/receiveEnd()`` when the client
    /// has ended its side. Answers false where that can't be, as in HTTP/2.
    func upgrade(_ head: ResponseHead) -> Bool
}
