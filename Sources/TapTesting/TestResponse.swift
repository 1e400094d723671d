/// A response of an HTTP server, as a test received it.
public struct TestResponse: Sendable {
    /// The status code.
    public let status: Int
    /// The names and values of the fields, in order.
    public let fields: [(name: String, value: String)]
    /// The body.
    public let body: [UInt8]

    /// The body as text.
    public var text: String { String(decoding: body, as: UTF8.self) }

    /// The value of the first field with a name, in any case of letters.
    public subscript(name: String) -> String? { fields.first { $0.name.lowercased() == name.lowercased() }?.value }
}

extension TestConnection {
    /// Receives one response whose length is given by `Content-Length`, or whose body comes in chunks.
    ///
    /// Informational responses are passed over.
    ///
    /// - Parameter isHead: whether it answers a HEAD request, and has no body.
    /// - Returns: the response with its body.
    /// - Throws: ``TestFailure`` when something else comes, or nothing.
    public func response(isHead: Bool = false) async throws -> TestResponse {
        let head = try await receive(through: "\r\n\r\n")
        let lines = head.split(separator: "\r\n")
        let words = lines[0].split(separator: " ")
        guard words.count >= 2, words[0] == "HTTP/1.1", let status = Int(words[1]) else {
            throw TestFailure("\"\(lines[0])\" is no status line")
        }
        if (100..<200).contains(status) { return try await response(isHead: isHead) }
        let fields = try lines.dropFirst().map { line in
            guard let colon = line.firstIndex(of: ":") else { throw TestFailure("\"\(line)\" is no field") }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            return (name: String(line[..<colon]), value: String(value))
        }
        let response = TestResponse(status: status, fields: fields, body: [])
        guard !isHead, status != 204, status != 304 else { return response }
        if response["Transfer-Encoding"]?.lowercased() == "chunked" {
            return TestResponse(status: status, fields: fields, body: try await chunks())
        }
        guard let length = response["Content-Length"].flatMap(Int.init) else {
            throw TestFailure("a response has no Content-Length: \(head)")
        }
        return TestResponse(status: status, fields: fields, body: try await receive(count: length))
    }

    /// A body in chunks without extensions and trailers (RFC 9112, 7.1).
    private func chunks() async throws -> [UInt8] {
        var body: [UInt8] = []
        while true {
            let line = try await receive(through: "\r\n")
            guard let size = Int(line.split(separator: "\r\n").first ?? "", radix: 16) else {
                throw TestFailure("\"\(line)\" is no size of a chunk")
            }
            let chunk = try await receive(count: size + 2)
            guard chunk.suffix(2) == [0x0D, 0x0A] else { throw TestFailure("a chunk has no end") }
            if size == 0 { return body }
            body += chunk.dropLast(2)
        }
    }

    /// Sends a request and receives its response.
    ///
    /// - Parameters:
    ///   - target: the path and query.
    ///   - method: `GET` unless told otherwise.
    ///   - fields: lines of the header, without line ends. `Host` is sent in any case.
    /// - Returns: the response with its body.
    /// - Throws: ``TestFailure`` when something else comes, or nothing.
    public func request(_ target: String, method: String = "GET", _ fields: String...) async throws -> TestResponse {
        let lines = ["\(method) \(target) HTTP/1.1", "Host: test"] + fields
        try await send(lines.joined(separator: "\r\n") + "\r\n\r\n")
        return try await response(isHead: method == "HEAD")
    }
}
