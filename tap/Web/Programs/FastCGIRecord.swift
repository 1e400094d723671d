import NIOCore
import TapNetwork

/// One record of FastCGI 1.0 (the specification of Open Market, 29 April 1996, section 3.3).
struct FastCGIRecord: Equatable {
    /// The kinds of records that are sent or understood here.
    enum Kind: UInt8 {
        case beginRequest = 1
        case abortRequest = 2
        case endRequest = 3
        case parameters = 4
        case input = 5
        case output = 6
        case errors = 7
        case data = 8
        case getValues = 9
        case getValuesResult = 10
        case unknownKind = 11
    }

    static let version: UInt8 = 1
    static let headerBytes = 8
    /// The most content of a record that needs no padding to a multiple of eight.
    static let maximumContent = 65528

    let kind: Kind
    /// The number of the request; 0 for what belongs to none.
    let request: UInt16
    let content: ByteBuffer
}

/// Takes records out of what comes over a connection.
struct FastCGIReader {
    private var bytes = ByteBuffer()

    /// Whether something is left that is no whole record.
    var isEmpty: Bool { bytes.readableBytes == 0 }

    /// Takes bytes.
    mutating func take(_ piece: ByteBuffer) {
        bytes.append(piece)
    }

    /// The next record.
    ///
    /// Answers nil when it isn't complete; throws when it is none.
    mutating func next() throws(ProgramProblem) -> FastCGIRecord? {
        guard bytes.readableBytes >= FastCGIRecord.headerBytes else { return nil }
        let start = bytes.readerIndex
        guard let version: UInt8 = bytes.getInteger(at: start), let code: UInt8 = bytes.getInteger(at: start + 1),
            let request: UInt16 = bytes.getInteger(at: start + 2), let count: UInt16 = bytes.getInteger(at: start + 4),
            let padding: UInt8 = bytes.getInteger(at: start + 6)
        else { return nil }
        guard version == FastCGIRecord.version else { throw .brokenRecord("a record has the version \(version)") }
        guard let kind = FastCGIRecord.Kind(rawValue: code) else {
            throw .brokenRecord("a record is of the kind \(code)")
        }
        guard bytes.readableBytes >= FastCGIRecord.headerBytes + Int(count) + Int(padding) else { return nil }
        bytes.moveReaderIndex(forwardBy: FastCGIRecord.headerBytes)
        guard let content = bytes.readSlice(length: Int(count)) else { return nil }
        bytes.moveReaderIndex(forwardBy: Int(padding))
        if bytes.readableBytes == 0 { bytes = ByteBuffer() }
        return FastCGIRecord(kind: kind, request: request, content: content)
    }
}

extension ByteBuffer {
    /// Writes content as records, at least one; an empty one ends a stream.
    mutating func writeFastCGI(_ kind: FastCGIRecord.Kind, _ request: UInt16, _ content: ByteBuffer = ByteBuffer()) {
        var content = content
        repeat {
            let count = min(content.readableBytes, FastCGIRecord.maximumContent)
            let padding = (8 - count % 8) % 8
            writeInteger(FastCGIRecord.version)
            writeInteger(kind.rawValue)
            writeInteger(request)
            writeInteger(UInt16(count))
            writeInteger(UInt8(padding))
            writeInteger(UInt8(0))
            if var slice = content.readSlice(length: count) { writeBuffer(&slice) }
            writeRepeatingByte(0, count: padding)
        } while content.readableBytes > 0
    }

    /// Writes a name and a value with their lengths (section 3.4).
    mutating func writeFastCGIPair(_ name: some Collection<UInt8>, _ value: some Collection<UInt8>) {
        writeFastCGILength(name.count)
        writeFastCGILength(value.count)
        writeBytes(name)
        writeBytes(value)
    }

    private mutating func writeFastCGILength(_ count: Int) {
        if count < 128 { writeInteger(UInt8(count)) } else { writeInteger(UInt32(count) | 1 << 31) }
    }
}

/// What a server says at the end of a request (section 5.5).
struct FastCGIEnd: Equatable {
    /// What the program returned.
    let status: UInt32
    /// Why the request was refused; nil when it was not.
    let problem: ProgramProblem?

    /// Reads the content of the record.
    init(_ content: ByteBuffer) throws(ProgramProblem) {
        guard content.readableBytes == 8, let status: UInt32 = content.getInteger(at: content.readerIndex),
            let protocolStatus: UInt8 = content.getInteger(at: content.readerIndex + 4)
        else { throw .brokenRecord("the end of a request has \(content.readableBytes) bytes") }
        self.status = status
        switch protocolStatus {
        case 0: problem = nil
        case 1: problem = .refused("it takes one request for each connection")
        case 2: problem = .busy("it is overloaded")
        case 3: problem = .refused("it is no responder")
        default: throw .brokenRecord("a request ends with the status \(protocolStatus)")
        }
    }
}
