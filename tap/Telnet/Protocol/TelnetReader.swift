/// Takes what a client sends apart, byte by byte: data, commands, and what is said of options (RFC 854, RFC 855).
struct TelnetReader: Sendable {
    /// What a byte completes.
    enum Event: Equatable, Sendable {
        case data(UInt8)
        case command(UInt8)
        case option(TelnetVerb, UInt8)
        case subnegotiation(UInt8, [UInt8])
    }

    /// The longest subnegotiation that is kept, in bytes; a longer one is passed over.
    static let maximumBytes = 64

    private enum State {
        case data
        case command
        case option(TelnetVerb)
        case subnegotiationOption
        /// The bytes are nil when there were too many.
        case subnegotiation(UInt8, [UInt8]?)
        case subnegotiationCommand(UInt8, [UInt8]?)
    }

    private var state = State.data

    /// Takes a byte, and answers what it completes.
    mutating func read(_ byte: UInt8) -> Event? {
        switch state {
        case .data:
            guard byte == TelnetCode.interpretAsCommand else { return .data(byte) }
            state = .command
        case .command: return command(byte)
        case .option(let verb):
            state = .data
            return .option(verb, byte)
        case .subnegotiationOption: state = .subnegotiation(byte, [])
        case .subnegotiation(let option, let bytes):
            guard byte != TelnetCode.interpretAsCommand else {
                state = .subnegotiationCommand(option, bytes)
                return nil
            }
            state = .subnegotiation(option, TelnetReader.adding(byte, to: bytes))
        case .subnegotiationCommand(let option, let bytes):
            switch byte {
            case TelnetCode.interpretAsCommand:
                state = .subnegotiation(option, TelnetReader.adding(byte, to: bytes))
            case TelnetCode.subnegotiationEnd:
                state = .data
                return bytes.map { .subnegotiation(option, $0) }
            // It was never ended: what comes is a command of its own.
            default: return command(byte)
            }
        }
        return nil
    }

    private mutating func command(_ byte: UInt8) -> Event? {
        state = .data
        switch byte {
        case TelnetCode.interpretAsCommand: return .data(byte)
        case TelnetCode.subnegotiation: state = .subnegotiationOption
        case TelnetCode.subnegotiationEnd: break
        default:
            guard let verb = TelnetVerb(rawValue: byte) else { return .command(byte) }
            state = .option(verb)
        }
        return nil
    }

    private static func adding(_ byte: UInt8, to bytes: [UInt8]?) -> [UInt8]? {
        guard let bytes, bytes.count < maximumBytes else { return nil }
        return bytes + [byte]
    }
}
