import NIOCore
import NIOHTTP1

/// The status and fields of a response, without those that belong to the connection.
struct ResponseHead {
    let status: HTTPResponseStatus
    /// Somebody else's fields, which stay the bytes they came as.
    private let passed: FieldLines?
    private var own: [(name: String, value: String)]

    /// Begins with the fields that every response of ours has.
    init(_ status: HTTPResponseStatus) {
        self.init(status, fields: [("Server", "taproom"), ("X-Content-Type-Options", "nosniff")])
    }

    /// A head with these fields only.
    init(_ status: HTTPResponseStatus, fields: [(name: String, value: String)]) {
        (self.status, passed, own) = (status, nil, fields)
    }

    /// A head with somebody else's fields.
    init(_ status: HTTPResponseStatus, lines: FieldLines) {
        (self.status, passed, own) = (status, lines, [])
    }

    /// All fields in their order.
    var fields: [(name: String, value: String)] {
        guard let passed else { return own }
        return passed.map { (name: String($0.name), value: String($0.value)) } + own
    }

    /// Adds a field.
    ///
    /// The value has to be free of line ends, which is the caller's duty.
    func with(_ name: String, _ value: String) -> ResponseHead {
        var head = self
        head.own.append((name, value))
        return head
    }

    /// Adds fields.
    func with(_ added: [(name: String, value: String)]) -> ResponseHead {
        guard !added.isEmpty else { return self }
        var head = self
        head.own += added
        return head
    }

    /// The value of a field, whose name is given in small letters.
    func value(_ name: StaticString) -> String? {
        if let value = passed?.first(name) { return value }
        return own.first { field in
            var found = field.name
            return found.withUTF8 {
                $0.count == name.utf8CodeUnitCount && UnsafeRawBufferPointer($0).isField(name)
            }
        }?.value
    }

    /// As HTTP/1.1 writes it: the status line and the fields, each with its line end, and no empty line behind them.
    var bytes: ByteBuffer {
        var bytes = ByteBufferAllocator().buffer(
            capacity: 64 + fields.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 })
        write(to: &bytes)
        return bytes
    }

    /// Writes the same behind other bytes.
    func write(to bytes: inout ByteBuffer) {
        bytes.writeStaticString("HTTP/1.1 ")
        bytes.writeString(String(status.code))
        bytes.writeStaticString(" ")
        bytes.writeString(status.reasonPhrase)
        bytes.writeStaticString("\r\n")
        passed?.write(to: &bytes)
        for (name, value) in own {
            bytes.writeString(name)
            bytes.writeStaticString(": ")
            bytes.writeString(value)
            bytes.writeStaticString("\r\n")
        }
    }
}
