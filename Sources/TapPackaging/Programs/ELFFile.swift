import Glibc
import Taproom

/// A program or shared library in the format ELF, of 64 bits and little-endian.
///
/// The format is described in chapters 4 and 5 of the System V Application Binary Interface. Nothing that the file says
/// of itself is used before it was compared with the size of the file.
final class ELFFile {
    /// A part of the file that is put into memory or read by the loader.
    struct Segment {
        let kind: UInt32
        /// Where it is in the file.
        let range: Range<Int>
        /// Where it is in memory.
        let address: UInt64

        static let load: UInt32 = 1
        static let dynamic: UInt32 = 2
        static let interpreter: UInt32 = 3
    }

    /// How many bytes the header of the file has, that of a segment, and that of a section.
    static let (headerSize, segmentSize, sectionSize) = (64, 56, 64)

    let path: String
    let size: Int
    let header: [UInt8]
    let segments: [Segment]
    private let descriptor: CInt

    /// Opens a file and reads the headers of its segments.
    ///
    /// Throws `SystemCallError`, and ``PackagingError/program(path:problem:)`` for what is no such file.
    init(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemCallError("read \(path)") }
        do {
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { throw SystemCallError("read \(path)") }
            let size = status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : 0
            let header = try Self.header(descriptor, path, size)
            segments = try Self.segments(descriptor, path, size, header)
            (self.path, self.size, self.header, self.descriptor) = (path, size, header, descriptor)
        } catch {
            close(descriptor)
            throw error
        }
    }

    deinit { close(descriptor) }

    /// The machine it is for, by its number in the ABI.
    var machine: UInt16 { header.number(at: 18) }

    /// What machine packages with it are for.
    ///
    /// Throws ``PackagingError/program(path:problem:)``.
    var architecture: PackageArchitecture {
        get throws {
            switch machine {
            case 62: .x86
            case 183: .arm
            default: throw PackagingError.program(path: path, problem: .machine(machine))
            }
        }
    }

    /// The program that loads it; nil: it is a library, or needs no loader.
    var interpreter: String? {
        get throws {
            guard let segment = segments.first(where: { $0.kind == Segment.interpreter }) else { return nil }
            guard let path = try bytes(segment.range, "loader").text(at: 0) else { throw damaged("loader") }
            return path
        }
    }

    /// The bytes of a part; `name` is for the sentence that says that it is not there.
    func bytes(_ range: Range<Int>, _ name: String) throws -> [UInt8] {
        try Self.bytes(descriptor, path, size, from: UInt64(range.lowerBound), count: UInt64(range.count), name)
    }

    /// The same, of a place that the file names itself.
    func bytes(from start: UInt64, count: UInt64, _ name: String) throws -> [UInt8] {
        try Self.bytes(descriptor, path, size, from: start, count: count, name)
    }

    /// Where the bytes are that are loaded to an address, up to the end of their segment.
    func range(at address: UInt64, _ name: String) throws -> Range<Int> {
        let segment = segments.first {
            $0.kind == Segment.load && address >= $0.address && address - $0.address < UInt64($0.range.count)
        }
        guard let segment else { throw damaged(name) }
        return segment.range.lowerBound + Int(address - segment.address)..<segment.range.upperBound
    }

    /// The error of a part that is not where the file says.
    func damaged(_ part: String) -> PackagingError { .program(path: path, problem: .damaged(part: part)) }

    private static func header(_ descriptor: CInt, _ path: String, _ size: Int) throws -> [UInt8] {
        guard size >= headerSize else { throw PackagingError.program(path: path, problem: .notELF) }
        let header = try bytes(descriptor, path, size, from: 0, count: UInt64(headerSize), "header")
        // The magic number, 64 bits, little-endian.
        guard header.starts(with: [0x7f] + Array("ELF".utf8) + [2, 1]) else {
            throw PackagingError.program(path: path, problem: .notELF)
        }
        return header
    }

    private static func segments(
        _ descriptor: CInt, _ path: String, _ size: Int, _ header: [UInt8]
    ) throws -> [Segment] {
        let count = Int(header.number(UInt16.self, at: 56))
        let isKnown = header.number(UInt16.self, at: 54) == UInt16(segmentSize)
        guard count > 0, isKnown else { throw PackagingError.program(path: path, problem: .notELF) }
        let table = try bytes(
            descriptor, path, size, from: header.number(at: 32), count: UInt64(count * segmentSize), "table of segments"
        )
        return try stride(from: 0, to: table.count, by: segmentSize).map { place in
            let (start, length): (UInt64, UInt64) = (table.number(at: place + 8), table.number(at: place + 32))
            guard start <= UInt64(size), length <= UInt64(size) - start else {
                throw PackagingError.program(path: path, problem: .damaged(part: "segment"))
            }
            return Segment(
                kind: table.number(at: place), range: Int(start)..<Int(start + length),
                address: table.number(at: place + 16))
        }
    }

    private static func bytes(
        _ descriptor: CInt, _ path: String, _ size: Int, from start: UInt64, count: UInt64, _ name: String
    ) throws -> [UInt8] {
        guard start <= UInt64(size), count <= UInt64(size) - start else {
            throw PackagingError.program(path: path, problem: .damaged(part: name))
        }
        var bytes = [UInt8](repeating: 0, count: Int(count))
        var done = 0
        while done < bytes.count {
            let read = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress?.advanced(by: done), $0.count - done, off_t(Int(start) + done))
            }
            if read < 0, errno == EINTR { continue }
            guard read >= 0 else { throw SystemCallError("read \(path)") }
            guard read > 0 else { throw PackagingError.changed(file: path) }
            done += read
        }
        return bytes
    }
}
