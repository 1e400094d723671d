import NIOHTTP1
import TapData

/// A request that a handler answers.
public struct WebRequest: Sendable {
    /// The method: `GET`.
    public var method: String { head.method.rawValue }
    /// The path, decoded and resolved, with a slash at its beginning; bytes that are no UTF-8 became U+FFFD.
    public let path: String
    /// What the words of the route's path stand for.
    public let parameters: [String: String]
    /// The body.
    public let body: WebBody
    private let head: Request
    private let queryText: String

    init(_ head: Request, _ path: RequestPath, _ parameters: [String: String], _ body: Inbox<[UInt8]>) {
        self.head = head
        self.path = String(decoding: path.bytes, as: UTF8.self)
        self.parameters = parameters
        self.body = WebBody(inbox: body)
        queryText = String(path.query.dropFirst())
    }

    /// What a word of the route's path stands for; nil when the path has no such word.
    public subscript(word: String) -> String? { parameters[word] }

    /// What a word of the route's path stands for, as a number or another type that is written as text.
    ///
    /// Throws a ``WebFailure`` with 404 when it is none: there is nothing under such a path.
    public func parameter<Value: LosslessStringConvertible>(_ word: String, as type: Value.Type) throws -> Value {
        guard let value = parameters[word].flatMap(type.init) else { throw WebFailure(404) }
        return value
    }

    /// The names and values behind the question mark.
    public var query: FormValues { FormValues(queryText) }

    /// The host that is asked, with its port, as the client wrote it; empty in HTTP/1.0.
    public var host: String { head.fields.host }
    /// `http` or `https`.
    public var scheme: String { head.client.scheme }
    /// The address of the client; nil on unix sockets.
    public var clientAddress: String? { head.client.ip }

    /// The value of a field, whatever the case of its name; several lines are one list with commas.
    public func field(_ name: String) -> String? { head.lines.list(name.lowercased()) }

    /// The body as text.
    ///
    /// Throws a ``WebFailure``: 413 when it is too long, 400 when it is no UTF-8.
    public func text() async throws -> String {
        guard let text = String(validating: try await body.bytes(), as: UTF8.self) else {
            throw WebFailure(400, "The body is not UTF-8.")
        }
        return text
    }

    /// The names and values of a form that was sent as `application/x-www-form-urlencoded`.
    ///
    /// Throws a ``WebFailure``: 415 when the body is another type, 413 when it is too long.
    public func form() async throws -> FormValues {
        guard mediaType == "application/x-www-form-urlencoded" else {
            throw WebFailure(415, "A form must be sent as application/x-www-form-urlencoded.")
        }
        return FormValues(String(decoding: try await body.bytes(), as: UTF8.self))
    }

    /// The body as a value that was sent as JSON; keys that nobody asks for are passed over.
    ///
    /// Throws a ``WebFailure``: 415 when the body is another type, 413 when it is too long, 400 with what is wrong when it is
    /// not such a value.
    public func json<Value: Decodable>(_ type: Value.Type) async throws -> Value {
        guard let mediaType, mediaType == "application/json" || mediaType.hasSuffix("+json") else {
            throw WebFailure(415, "The body must be sent as application/json.")
        }
        let text = try await text()
        do {
            return try DatumDecoder().decode(type, from: JSONReader.read(text).datum)
        } catch {
            throw WebFailure(400, "The body is not what is expected: \(error).")
        }
    }

    /// The type of the body in small letters, without parameters.
    private var mediaType: String? {
        field("content-type").map { $0.prefix { $0 != ";" }.trimmingSpaces.lowercased() }
    }
}
