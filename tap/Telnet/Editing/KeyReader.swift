/// Puts keys together from the bytes that terminals send for them: UTF-8, control characters, and sequences that begin with
/// Escape.
struct KeyReader: Sendable {
    /// The longest sequence that is put together, in bytes.
    private static let maximumSequence = 16

    private enum State {
        case plain
        /// A line end has come whose second byte may follow.
        case afterReturn
        case escape
        /// Escape and a bracket, and what came behind them.
        case sequence([UInt8])
        /// Escape and a capital O.
        case shortSequence
        /// The first bytes of a character.
        case partial([UInt8], count: Int)
    }

    private var state = State.plain

    /// Takes a byte, and answers the keys that it completes.
    mutating func read(_ byte: UInt8) -> [Key] {
        switch state {
        case .plain: return plain(byte)
        case .afterReturn:
            state = .plain
            // RFC 854: a line ends with CR LF, a lone return is CR NUL.
            return byte == 0x0A || byte == 0 ? [] : plain(byte)
        case .escape: return escape(byte)
        case .shortSequence:
            state = .plain
            return KeyReader.key(final: byte, "").map { [$0] } ?? []
        case .sequence(let bytes): return sequence(bytes, byte)
        case .partial(let bytes, let count): return partial(bytes, count, byte)
        }
    }

    private mutating func plain(_ byte: UInt8) -> [Key] {
        switch byte {
        case 0x0D:
            state = .afterReturn
            return [.enter]
        case 0x1B:
            state = .escape
            return []
        case 0x20..<0x7F: return [.character(Unicode.Scalar(byte))]
        case 0xC2...0xDF: state = .partial([byte], count: 2)
        case 0xE0...0xEF: state = .partial([byte], count: 3)
        case 0xF0...0xF4: state = .partial([byte], count: 4)
        case 0x80...: return [.character("\u{FFFD}")]
        default: return KeyReader.controls[byte].map { [$0] } ?? []
        }
        return []
    }

    private static let controls: [UInt8: Key] = [
        0x01: .home, 0x02: .left, 0x03: .interrupt, 0x04: .endOfInput, 0x05: .end, 0x06: .right, 0x08: .backspace,
        0x09: .tab, 0x0A: .enter, 0x0B: .deleteToEnd, 0x0C: .clear, 0x0E: .down, 0x10: .up, 0x15: .deleteToStart,
        0x17: .deleteWord, 0x7F: .backspace,
    ]

    private mutating func partial(_ bytes: [UInt8], _ count: Int, _ byte: UInt8) -> [Key] {
        state = .plain
        guard (0x80...0xBF).contains(byte) else { return [.character("\u{FFFD}")] + plain(byte) }
        let bytes = bytes + [byte]
        guard bytes.count == count else {
            state = .partial(bytes, count: count)
            return []
        }
        let scalar = String(validating: bytes, as: UTF8.self)?.unicodeScalars.first ?? "\u{FFFD}"
        return scalar.properties.generalCategory == .control ? [] : [.character(scalar)]
    }

    private mutating func escape(_ byte: UInt8) -> [Key] {
        state = .plain
        switch byte {
        case UInt8(ascii: "["): state = .sequence([])
        case UInt8(ascii: "O"): state = .shortSequence
        case 0x1B: state = .escape
        case UInt8(ascii: "b"): return [.wordLeft]
        case UInt8(ascii: "f"): return [.wordRight]
        case 0..<0x20: return plain(byte)
        default: break
        }
        return []
    }

    private mutating func sequence(_ bytes: [UInt8], _ byte: UInt8) -> [Key] {
        switch byte {
        case 0x20...0x3F:
            state = bytes.count < KeyReader.maximumSequence ? .sequence(bytes + [byte]) : .plain
            return []
        case 0x40...0x7E:
            state = .plain
            return KeyReader.key(final: byte, String(decoding: bytes, as: UTF8.self)).map { [$0] } ?? []
        default:
            state = .plain
            return plain(byte)
        }
    }

    /// The key of a sequence, as xterm and the terminals that are like it send it.
    private static func key(final byte: UInt8, _ parameters: String) -> Key? {
        let isWithControl = parameters.hasSuffix(";5") || parameters.hasSuffix(";3")
        switch (byte, parameters) {
        case (UInt8(ascii: "A"), _): return .up
        case (UInt8(ascii: "B"), _): return .down
        case (UInt8(ascii: "C"), _): return isWithControl ? .wordRight : .right
        case (UInt8(ascii: "D"), _): return isWithControl ? .wordLeft : .left
        case (UInt8(ascii: "H"), _), (UInt8(ascii: "~"), "1"), (UInt8(ascii: "~"), "7"): return .home
        case (UInt8(ascii: "F"), _), (UInt8(ascii: "~"), "4"), (UInt8(ascii: "~"), "8"): return .end
        case (UInt8(ascii: "~"), "3"): return .delete
        default: return nil
        }
    }
}
