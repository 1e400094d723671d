import NIOCore

/// The compressed forms of a small file that is kept in memory.
///
/// Each is made when it is asked for first, and kept with the file.
final class FileVariants {
    /// Smaller files are not worth it.
    static let minimumBytes: Int64 = 512

    /// A file that was compressed beforehand.
    struct Sidecar {
        let fileName: [CChar]
        let representation: Representation
    }

    /// Those that lie beside the file.
    let sidecars: [ContentCoding: Sidecar]
    /// Whether others are made.
    private let makes: Bool
    /// Nil: it can't be made, or would not be smaller.
    private var made: [ContentCoding: Representation?] = [:]

    init(_ sidecars: [ContentCoding: Sidecar], makes: Bool) { (self.sidecars, self.makes) = (sidecars, makes) }

    /// What there is for who accepts some codings, the best first; nil: the file as it is.
    func best(_ accepted: [ContentCoding], of file: Representation) -> Representation? {
        for coding in accepted {
            if let sidecar = sidecars[coding] { return sidecar.representation }
        }
        guard makes, file.facts.size >= FileVariants.minimumBytes else { return nil }
        return accepted.first.flatMap { variant($0, of: file) }
    }

    /// The file in a coding, or nil when it is better sent as it is.
    private func variant(_ coding: ContentCoding, of file: Representation) -> Representation? {
        if let known = made[coding] { return known }
        let new = FileVariants.make(coding, file)
        made[coding] = .some(new)
        return new
    }

    private static func make(_ coding: ContentCoding, _ file: Representation) -> Representation? {
        guard case .memory(let bytes) = file.content else { return nil }
        var compressed = ByteBuffer()
        do {
            let encoder = try coding.encoder { compressed.writeBytes($0) }
            try bytes.withUnsafeReadableBytes { try encoder.write($0) }
            try encoder.finish()
        } catch {
            return nil
        }
        return compressed.readableBytes < bytes.readableBytes ? file.encoded(coding, compressed) : nil
    }
}
