import NIOCore

/// Takes a body out of the chunked coding (RFC 9112, 7.1), and refuses what two programs could read in two ways.
///
/// Fields behind the body are checked, and forgotten.
struct ChunkedReader {
    /// What comes next.
    enum Step {
        case bytes(ByteBuffer)
        case end
        /// More bytes have to come first.
        case incomplete
        case malformed
        /// The fields behind the body are more than is allowed.
        case tooLong
    }

    private enum State {
        case line
        case chunk(remaining: Int64)
        case chunkEnd
        case trailers(bytes: Int)
    }

    /// The longest line that begins a chunk, with its extensions, which mean nothing here.
    private static let maximumLineBytes = 256

    /// The greatest size of the fields behind the body.
    private let trailerLimit: Int
    private var state = State.line

    init(trailerLimit: Int = 16 << 10) { self.trailerLimit = trailerLimit }

    /// Takes the next step out of what has come.
    mutating func next(_ buffer: inout ByteBuffer) -> Step {
        while true {
            switch state {
            case .line:
                if let step = takeLine(&buffer) { return step }
            case .chunk(let remaining):
                let count = min(remaining, Int64(buffer.readableBytes))
                guard count > 0, let bytes = buffer.readSlice(length: Int(count)) else { return .incomplete }
                state = count == remaining ? .chunkEnd : .chunk(remaining: remaining - count)
                return .bytes(bytes)
            case .chunkEnd:
                guard let end = buffer.readInteger(as: UInt16.self) else { return .incomplete }
                guard end == 0x0D0A else { return .malformed }
                state = .line
            case .trailers(let bytes): return takeTrailers(&buffer, after: bytes)
            }
        }
    }

    /// Reads the line that begins a chunk; nil when the next step can be taken.
    private mutating func takeLine(_ buffer: inout ByteBuffer) -> Step? {
        let line = buffer.readableBytesView.prefix(Self.maximumLineBytes)
        guard let end = line.firstIndex(of: 0x0A) else {
            return line.count < Self.maximumLineBytes ? .incomplete : .malformed
        }
        guard let size = Self.size(line[..<end]) else { return .malformed }
        buffer.moveReaderIndex(to: end + 1)
        state = size > 0 ? .chunk(remaining: size) : .trailers(bytes: 0)
        return nil
    }

    /// The size at the beginning of a line, which ends with CR.
    private static func size(_ line: ByteBufferView) -> Int64? {
        guard line.last == 0x0D else { return nil }
        let digits = line.prefix { $0 != 0x0D && $0 != UInt8(ascii: ";") }
        let rest = line.dropFirst(digits.count).dropLast()
        guard (1...15).contains(digits.count), rest.allSatisfy({ ByteSet.fieldValue.contains($0) }) else { return nil }
        var size: Int64 = 0
        for digit in digits {
            guard let value = RequestPath.hexadecimal(digit) else { return nil }
            size = size << 4 | Int64(value)
        }
        return size
    }

    private mutating func takeTrailers(_ buffer: inout ByteBuffer, after count: Int) -> Step {
        var count = count
        while let end = buffer.readableBytesView.firstIndex(of: 0x0A) {
            let length = end - buffer.readerIndex
            count += length + 1
            let isEmpty = buffer.readableBytesView[buffer.readerIndex..<end].elementsEqual([0x0D])
            let isField = buffer.withUnsafeReadableBytes {
                HeadReader.field(UnsafeRawBufferPointer(rebasing: $0[..<length])) != nil
            }
            guard count <= trailerLimit else { return .tooLong }
            guard isEmpty || isField else { return .malformed }
            buffer.moveReaderIndex(to: end + 1)
            if isEmpty { return .end }
        }
        state = .trailers(bytes: count)
        return count + buffer.readableBytes > trailerLimit ? .tooLong : .incomplete
    }
}
