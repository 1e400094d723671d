import NIOCore
import TapData
public import Taproom

/// What a handler answers.
///
/// Handlers write it with a dot: `.text("hello")`, `.html("<h1>\(title)</h1>")`, `try .json(entry)`.
public struct WebResponse: Sendable {
    /// Where the body comes from.
    enum Body: Sendable {
        case bytes(ByteBuffer)
        case file(name: String, folder: String)
        case stream(@Sendable (WebWriter) async throws -> Void)
    }

    /// The status, from 200 to 599.
    public var status: Int
    private(set) var fields: [(name: String, value: String)]
    let body: Body

    private init(_ status: Int, type: String?, _ body: Body) {
        (self.status, self.body) = (status, body)
        fields = type.map { [("Content-Type", $0)] } ?? []
    }

    /// The same with a field, in place of one with the same name; to add a second one of a name use ``adding(_:_:)``.
    ///
    /// Names and values are checked before they are sent: a value with a line end is answered with 500. Fields about the
    /// connection and the length are the server's own.
    public func with(_ name: String, _ value: String) -> WebResponse {
        var response = self
        response.fields.removeAll { $0.name.lowercased() == name.lowercased() }
        response.fields.append((name, value))
        return response
    }

    /// The same with one more field, such as a second `Set-Cookie`.
    public func adding(_ name: String, _ value: String) -> WebResponse {
        var response = self
        response.fields.append((name, value))
        return response
    }

    /// Nothing but a status.
    public static func empty(_ status: Int = 204) -> WebResponse {
        WebResponse(status, type: nil, .bytes(ByteBuffer()))
    }

    /// Plain text.
    public static func text(_ text: String, status: Int = 200) -> WebResponse {
        WebResponse(status, type: "text/plain; charset=utf-8", .bytes(ByteBuffer(string: text)))
    }

    /// A page.
    public static func html(_ html: HTML, status: Int = 200) -> WebResponse {
        WebResponse(status, type: "text/html; charset=utf-8", .bytes(ByteBuffer(string: html.markup)))
    }

    /// A value as JSON in one line.
    ///
    /// Throws when the value does not let itself be encoded.
    public static func json(_ value: some Encodable, status: Int = 200) throws -> WebResponse {
        let text = JSONWriter.line(try DatumEncoder().encode(value)) + "\n"
        return WebResponse(status, type: "application/json", .bytes(ByteBuffer(string: text)))
    }

    /// Bytes of a media type.
    public static func bytes(_ bytes: [UInt8], type: String, status: Int = 200) -> WebResponse {
        WebResponse(status, type: type, .bytes(ByteBuffer(bytes: bytes)))
    }

    /// Sends the client elsewhere: by 303 it asks there with GET, by 307 and 308 as it has asked here.
    public static func redirect(to target: String, status: Int = 303) -> WebResponse {
        WebResponse(status, type: nil, .bytes(ByteBuffer())).with("Location", target)
    }

    /// A file below a folder, with what files are served with: ranges, conditions, and the type that its ending says.
    ///
    /// The name may come from the request: what is outside of the folder, also by links, is answered with 404, and so is what
    /// is no file.
    ///
    /// - Parameters:
    ///   - name: a path below the folder, such as `photos/1.jpg`.
    ///   - folder: the folder.
    ///   - type: the media type; nil: what the ending says.
    /// - Returns: the answer; the file is opened when it is sent.
    public static func file(_ name: String, in folder: LocalPath, type: String? = nil) -> WebResponse {
        WebResponse(200, type: type, .file(name: name, folder: folder.text))
    }

    /// A body that is made while it is sent, as fast as the client takes it.
    ///
    ///     .stream(type: "text/csv") { writer in
    ///         for try await (number, entry) in entries.rows() { try await writer.write("\(number),\(entry.name)\n") }
    ///     }
    ///
    /// When the client goes, the task is cancelled. When the closure throws, the connection is broken off: the client sees that
    /// the answer is not complete. In answer to HEAD it is not called.
    ///
    /// - Parameters:
    ///   - type: the media type.
    ///   - status: the status.
    ///   - body: writes the body; the answer ends when it returns.
    /// - Returns: the answer.
    public static func stream(
        type: String, status: Int = 200, _ body: @escaping @Sendable (WebWriter) async throws -> Void
    ) -> WebResponse { WebResponse(status, type: type, .stream(body)) }

    /// A body whose pieces come one after the other, as fast as the client takes them.
    ///
    /// - Parameters:
    ///   - type: the media type.
    ///   - status: the status.
    ///   - pieces: texts; the answer ends with them.
    /// - Returns: the answer.
    public static func stream<Pieces: AsyncSequence & Sendable>(
        type: String, status: Int = 200, _ pieces: Pieces
    ) -> WebResponse where Pieces.Element: StringProtocol {
        stream(type: type, status: status) { writer in
            for try await piece in pieces { try await writer.write(String(piece)) }
        }
    }
}
