import NIOCore
import NIOHTTP1

/// The status and fields of a response, without those that belong to the connection.
struct ResponseHead {
    let status: HTTPResponseStatus
    private(set) var fields: [(name: String, value: String)] = []

    /// Begins with the fields that every response of ours has.
    init(_ status: HTTPResponseStatus) {
        self.init(status, fields: [("Server", "taproom"), ("X-Content-Type-Options", "nosniff")])
    }

    /// A head with these fields only, such as somebody else's.
    init(_ status: HTTPResponseStatus, fields: [(name: String, value: String)]) {
        (self.status, self.fields) = (status, fields)
    }

    /// Adds a field.
    ///
    /// The value has to be free of line ends, which is the caller's duty.
    func with(_ name: String, _ value: String) -> ResponseHead {
        var head = self
        head.fields.append((name, value))
        return head
    }

    /// Adds fields.
    func with(_ added: [(name: String, value: String)]) -> ResponseHead {
        var head = self
        head.fields += added
        return head
    }

    /// The value of a field, whatever the case of its name.
    func value(_ name: String) -> String? {
        let lowered = name.lowercased()
        return fields.first { $0.name.utf8.count == name.utf8.count && $0.name.lowercased() == lowered }?.value
    }

    /// As HTTP/1.1 writes it: the status line and the fields, each with its line end, and no empty line behind them.
    var bytes: ByteBuffer {
        var bytes = ByteBufferAllocator().buffer(
            capacity: 64 + fields.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 })
        bytes.writeStaticString("HTTP/1.1 ")
        bytes.writeString("\(status.code) \(status.reasonPhrase)\r\n")
        for (name, value) in fields {
            bytes.writeString(name)
            bytes.writeStaticString(": ")
            bytes.writeString(value)
            bytes.writeStaticString("\r\n")
        }
        return bytes
    }
}
