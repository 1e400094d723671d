import TapCompression

/// How the files in a package are compressed.
package enum Compression: String, CaseIterable, Sendable {
    /// gzip, which every tool reads, and Debian's archive takes.
    case gzip
    /// zstd, which dpkg reads from Debian 12 on: for what is large.
    case zstd

    /// How many bytes of files are so many that gzip would take a second for them.
    private static let largeSize = 64 << 20

    /// What suits files of a size.
    static func suiting(size: Int) -> Compression { size < largeSize ? .gzip : .zstd }

    /// How hard it tries, in numbers of its own.
    var level: CInt { self == .gzip ? 9 : ZstdStream.level }

    /// What names of files end in.
    var ending: String { self == .gzip ? "gz" : "zst" }

    /// Lets `body` write, compresses it, and hands that on.
    func compress(into sink: @escaping ByteSink, _ body: (@escaping ByteSink) throws -> Void) throws {
        switch self {
        case .gzip:
            let stream = try DeflateStream(level: level, into: sink)
            try body { try stream.write($0) }
            try stream.finish()
        case .zstd:
            let stream = try ZstdStream(isParallel: true, into: sink)
            try body { try stream.write($0) }
            try stream.finish()
        }
    }
}
