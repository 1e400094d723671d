import NIOCore
import NIOHTTP1

/// A body on its way: gives out one piece after the other, none of them so long that nobody would notice a client that
/// takes nothing.
struct Transfer {
    /// What is handed to the operating system at once.
    static let sentBytes: Int64 = 2 << 20
    /// What is sent before others on the same event loop get their turn, however fast the client is.
    static let turnBytes: Int64 = 2 << 20
    /// What is read into memory at once.
    static let readBytes: Int64 = 64 << 10

    private let pieceBytes: Int64
    private var pieces: [Response.Piece]
    /// What was given out last; it keeps the file open until it is sent.
    private var current: Response.Piece?

    /// The body of a response, in pieces of a size at most.
    init(_ response: Response, pieceBytes: Int64) {
        self.pieceBytes = pieceBytes
        pieces = response.body.reversed()
    }

    /// Whether everything was given out.
    var isEmpty: Bool { pieces.isEmpty }

    /// The next piece, or nil when there is none.
    mutating func next() -> Response.Piece? {
        current = nil
        switch pieces.popLast() {
        case nil: return nil
        case .bytes(let bytes)?: current = .bytes(bytes)
        case .file(let file, let range)?:
            let end = range.lowerBound + min(Int64(range.count), pieceBytes)
            if end < range.upperBound { pieces.append(.file(file, end..<range.upperBound)) }
            current = .file(file, range.lowerBound..<end)
        }
        return current
    }

    /// Whether the piece that is being sent has gone from its file, so that it will never be sent.
    var isStuck: Bool {
        guard case .file(let file, let range)? = current else { return false }
        return file.currentSize < range.upperBound
    }
}
