import NIOCore
import NIOHTTP1

/// Collects the beginning of a request's body, and says when the program can be asked.
///
/// A program begins when all of a small body is there, so that slow clients don't occupy programs; and with the first
/// part of a great one. It is told the length, which isn't known beforehand when a body comes in chunks: such a body is
/// collected up to a greater size.
struct ProgramInput {
    /// What is collected of a body of known length.
    private static let enough: Int64 = 64 << 10
    /// What is collected of a body of unknown length.
    static let enoughUnknown: Int64 = 1 << 20

    enum Step: Equatable {
        /// More has to come.
        case wait
        /// The program can be asked.
        case ready
        /// The body is longer than allowed.
        case tooLong
    }

    private let limit: Int64
    private let announced: Int64?
    private var count: Int64 = 0
    private(set) var collected = ByteBuffer()
    private(set) var isComplete: Bool

    init(_ request: Request, limit: Int64) {
        self.limit = limit
        announced = request.fields.contentLength
        // Without a length the end has to be waited for: in HTTP/2 nothing else says whether there is a body.
        isComplete = request.version.major == 1 && !request.hasBody || announced == 0
    }

    /// The length of the body: nil when there is none, or when it isn't known.
    var length: Int64? {
        guard isComplete || announced != nil else { return nil }
        return announced ?? (count == 0 ? nil : count)
    }

    /// Whether the length isn't known, and won't be until the end.
    var isUnknown: Bool { !isComplete && announced == nil }

    /// What is to be done first.
    var first: Step {
        if let announced, announced > limit { return .tooLong }
        return isComplete ? .ready : .wait
    }

    /// Takes a piece.
    mutating func take(_ bytes: ByteBuffer) -> Step {
        count += Int64(bytes.readableBytes)
        guard count <= limit else { return .tooLong }
        var bytes = bytes
        collected.writeBuffer(&bytes)
        return count >= (announced == nil ? ProgramInput.enoughUnknown : ProgramInput.enough) ? .ready : .wait
    }

    /// Counts a piece that goes its own way.
    mutating func pass(_ bytes: ByteBuffer) -> Bool {
        count += Int64(bytes.readableBytes)
        return count <= limit
    }

    /// The body has come to its end.
    mutating func end() { isComplete = true }

    /// Gives away what is collected.
    mutating func release() -> ByteBuffer {
        defer { collected = ByteBuffer() }
        return collected
    }
}
