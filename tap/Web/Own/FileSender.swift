import Glibc
import NIOCore
import NIOHTTP1

/// Sends the file that a handler has answered with, piece by piece, as fast as the client takes it.
final class FileSender {
    /// O_PATH, which Glibc's module hides: the folder need not be readable for a file in it to be.
    private static let pathOnly: CInt = 0o10000000
    private static let types = MediaTypes(additions: [:], default: "application/octet-stream")

    private let stream: any ResponseStream
    private let ended: (_ isComplete: Bool) -> Void
    private var transfer: Transfer?
    private var isScheduled = false

    /// A sender for a response whose head was sent; `ended` is called once, unless it is cancelled before.
    init(_ response: Response, _ stream: any ResponseStream, ended: @escaping (_ isComplete: Bool) -> Void) {
        (self.stream, self.ended) = (stream, ended)
        transfer = Transfer(response, pieceBytes: Transfer.readBytes)
    }

    /// The response with a file below a folder: all of it, a part, or that it has not changed.
    ///
    /// - Parameters:
    ///   - name: the path below the folder, which may come from anybody.
    ///   - folder: the folder.
    ///   - fields: fields of the response; they may name the type.
    ///   - request: what is asked for.
    /// - Returns: the response.
    /// - Throws: why the client does not get the file.
    static func response(
        _ name: String, in folder: String, _ fields: [(name: String, value: String)], to request: Request
    ) throws(WebFailure) -> Response {
        let name = Array(name.utf8)
        guard !name.isEmpty, !name.contains(0) else { throw WebFailure(404) }
        let descriptor = open(folder, pathOnly | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(errno) }
        defer { close(descriptor) }
        let file: OpenFile
        do throws(OpenFailure) {
            file = try OpenFile.open(name, below: descriptor, symlinks: .inside)
        } catch {
            throw failure(error.code)
        }
        guard file.facts.isFile else { throw WebFailure(404) }
        let type = fields.first { $0.name.lowercased() == "content-type" }?.value ?? types.type(ofFile: name)
        let representation = Representation(
            file.facts, mediaType: type, content: .file(file), now: Int64(time(nil)),
            extra: fields.filter { $0.name.lowercased() != "content-type" })
        let reads = request.method == .GET || request.isHead
        return representation.response(to: reads ? request.fields : RequestFields(), isHead: request.isHead)
    }

    private static func failure(_ code: CInt) -> WebFailure {
        if OpenFailure.meansNothingThere.contains(code) { return WebFailure(404) }
        return WebFailure([EACCES, EPERM].contains(code) ? 403 : 500)
    }

    func writabilityChanged() { sendPiece() }

    func cancel() { transfer = nil }

    /// Sends one piece, and the next when others on this event loop have had their turn.
    private func sendPiece() {
        guard !isScheduled, var transfer, stream.isWritable || transfer.isEmpty else { return }
        guard !transfer.isEmpty else {
            end(isComplete: true)
            return
        }
        guard let bytes = FileSender.bytes(transfer.next()) else {
            end(isComplete: false)
            return
        }
        self.transfer = transfer
        stream.send(bytes)
        guard !transfer.isEmpty else {
            end(isComplete: true)
            return
        }
        stream.flush()
        isScheduled = true
        stream.eventLoop.assumeIsolated().execute { [self] in
            isScheduled = false
            sendPiece()
        }
    }

    private static func bytes(_ piece: Response.Piece?) -> ByteBuffer? {
        switch piece {
        case .bytes(let bytes)?: bytes
        case .file(let file, let range)?: file.contents(range)
        case nil: nil
        }
    }

    private func end(isComplete: Bool) {
        transfer = nil
        ended(isComplete)
    }
}
