/// The protocol of one connection: bytes to what they mean for a person's session, and texts to bytes.
struct TelnetWire: Sendable {
    /// What comes of bytes.
    enum Event: Equatable, Sendable {
        case key(Key)
        /// To be sent as it is.
        case answer([UInt8])
        case width(Int)
        /// Nobody who means well does this.
        case abuse
    }

    private var reader = TelnetReader()
    private var negotiation = TelnetNegotiation()
    private var keys = KeyReader()

    /// Whether what is typed is shown by this side: else the client shows it, and sends lines.
    var isEchoOurs: Bool { negotiation.isEchoOurs }

    /// What is sent first.
    mutating func begin() -> [UInt8] { negotiation.begin() }

    /// Takes a byte.
    mutating func read(_ byte: UInt8) -> [Event] {
        switch reader.read(byte) {
        case .data(let byte): keys.read(byte).map(Event.key)
        case .command(let command): TelnetWire.events(command)
        case .option(let verb, let option): events(verb, option)
        case .subnegotiation(TelnetOption.windowSize.rawValue, let bytes) where bytes.count == 4:
            [.width(Int(bytes[0]) << 8 | Int(bytes[1]))]
        case .subnegotiation, nil: []
        }
    }

    private mutating func events(_ verb: TelnetVerb, _ option: UInt8) -> [Event] {
        let answer = negotiation.hear(verb, option)
        guard !negotiation.isExcessive else { return [.abuse] }
        return answer.isEmpty ? [] : [.answer(answer)]
    }

    private static func events(_ command: UInt8) -> [Event] {
        switch command {
        case TelnetCode.interruptProcess, TelnetCode.break: [.key(.interrupt)]
        case TelnetCode.eraseCharacter: [.key(.backspace)]
        case TelnetCode.eraseLine: [.key(.deleteToStart)]
        case TelnetCode.areYouThere: [.answer(Array("\r\n[yes]\r\n".utf8))]
        default: []
        }
    }

    /// The bytes of a text: each line ends as telnet wants it, and what only terminals understand is shown, unless it is
    /// ours.
    static func bytes(of text: String, isOurs: Bool = false) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count + 16)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": bytes += [0x0D, 0x0A]
            case "\t": bytes.append(0x09)
            case _ where scalar.properties.generalCategory == .control && !isOurs:
                // Who could put such things into an application could else take over the terminal of who looks at it.
                bytes += Array("\u{FFFD}".utf8)
            default: bytes += Array(String(scalar).utf8)
            }
        }
        return bytes
    }
}
