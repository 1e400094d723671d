/// Bytes that telnet gives a meaning (RFC 854).
enum TelnetCode {
    static let subnegotiationEnd: UInt8 = 240
    static let `break`: UInt8 = 243
    static let interruptProcess: UInt8 = 244
    static let areYouThere: UInt8 = 246
    static let eraseCharacter: UInt8 = 247
    static let eraseLine: UInt8 = 248
    static let subnegotiation: UInt8 = 250
    static let interpretAsCommand: UInt8 = 255
}

/// What one side says of an option (RFC 854).
enum TelnetVerb: UInt8, Sendable {
    case will = 251
    case wont = 252
    case `do` = 253
    case dont = 254
}

/// The options that are understood here; all others are refused.
enum TelnetOption: UInt8, Sendable {
    /// Eight bits in a byte, which UTF-8 needs (RFC 856).
    case binary = 0
    /// Who shows what is typed (RFC 857).
    case echo = 1
    /// Nobody waits for a turn (RFC 858).
    case suppressGoAhead = 3
    /// The size of the window (RFC 1073).
    case windowSize = 31
}
