import NIOHTTP1

/// A request as far as it has arrived.
struct IncomingRequest {
    let head: HTTPRequestHead
    let fields: RequestFields
    /// How many bytes of its body were discarded.
    var bodyBytes: Int64 = 0
    /// Whether it is answered before its body is read.
    private(set) var leavesBody = false

    init(_ head: HTTPRequestHead) {
        self.head = head
        fields = RequestFields(head.headers)
    }

    /// Whether another request can follow.
    ///
    /// After a request for another protocol, which is not granted, the decoder stops.
    var keepsAlive: Bool { head.isKeepAlive && !leavesBody && !fields.asksForUpgrade && head.method != .CONNECT }

    /// The same request, to be answered before its body is read.
    func closing() -> IncomingRequest {
        var request = self
        request.leavesBody = true
        return request
    }
}
