import TapCompression

/// How a body is compressed for a client that can undo it (RFC 9110, 8.4.1).
///
/// The cases are in the order of their gain.
enum ContentCoding: String, CaseIterable, Sendable {
    case brotli = "br"
    case zstd
    case gzip
    case deflate

    /// What the names of files end in that were compressed beforehand; nil: there are none.
    var suffix: [UInt8]? {
        switch self {
        case .brotli: Array(".br".utf8)
        case .zstd: Array(".zst".utf8)
        case .gzip: Array(".gz".utf8)
        case .deflate: nil
        }
    }

    /// Those that a client accepts, in the order of its preference and then of ours (RFC 9110, 12.5.3).
    static func accepted(_ field: String) -> [ContentCoding] {
        var weights: [ContentCoding: Int] = [:]
        var others = 0
        for item in field.split(separator: ",") {
            let parts = item.split(separator: ";")
            guard let name = parts.first?.trimmingSpaces.lowercased() else { continue }
            let weight = parts.dropFirst().compactMap(weight).first ?? 1000
            if name == "*" {
                others = weight
            } else if let coding = ContentCoding(rawValue: name == "x-gzip" ? "gzip" : name) {
                weights[coding] = weight
            }
        }
        return allCases.filter { weights[$0] ?? others > 0 }.enumerated().sorted { left, right in
            let (first, second) = (weights[left.element] ?? others, weights[right.element] ?? others)
            return first == second ? left.offset < right.offset : first > second
        }.map(\.element)
    }

    /// `q=0.8` in thousandths; nil for another parameter.
    private static func weight(_ parameter: Substring) -> Int? {
        let text = parameter.trimmingSpaces.lowercased()
        guard text.hasPrefix("q=") else { return nil }
        let digits = text.dropFirst(2).filter { $0 != "." }.prefix(4)
        guard let number = Int(digits), (0...9999).contains(number) else { return 1000 }
        return number * [1, 1000, 100, 10, 1][digits.count]
    }

    /// Begins to compress; what is ready goes to the sink.
    ///
    /// Throws ``TapCompression/CompressionError``.
    func encoder(into sink: @escaping ByteSink) throws -> any Encoder {
        switch self {
        case .brotli: try BrotliStream(into: sink)
        case .zstd: try ZstdStream(into: sink)
        case .deflate: try DeflateStream(.zlib, level: Self.level, into: sink)
        case .gzip: try DeflateStream(.gzip, level: Self.level, into: sink)
        }
    }

    /// Where text gets hardly smaller any more for the time it takes.
    private static let level: CInt = 5

    /// Something that compresses.
    protocol Encoder: AnyObject {
        func write(_ bytes: UnsafeRawBufferPointer) throws
        func finish() throws
    }
}

extension BrotliStream: ContentCoding.Encoder {}
extension DeflateStream: ContentCoding.Encoder {}
extension ZstdStream: ContentCoding.Encoder {}
