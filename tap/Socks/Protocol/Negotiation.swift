import NIOCore

/// What a client and the server say to each other until it is clear what the client wants: a decision for each piece of
/// what comes, and nothing else.
///
/// Versions 4, 4a and 5 (RFC 1928), the last one without a password or with one (RFC 1929). However what comes is cut into
/// pieces, the actions are the same.
struct Negotiation: Sendable {
    /// What is to be done, in the order in which it is answered.
    enum Action: Equatable, Sendable {
        case send(ByteBuffer)
        /// Check a password, and tell what came of it with ``passwordChecked(_:)``.
        case check(user: String, password: String)
        /// Do what the client asks for; what it has sent behind the request is in ``rest``.
        case perform(SocksRequest)
        /// Close when all is sent.
        case end(NegotiationProblem)
    }

    enum Phase: Sendable {
        case version
        case methods
        case password
        /// A password is being checked.
        case waiting
        case request
        case over
    }

    /// Whether only those are let in who know a user's password.
    let asksForPassword: Bool
    var phase = Phase.version
    /// What has come and was not understood yet; when the request is there, what was sent behind it.
    var rest: ByteBuffer

    /// A client that has said nothing yet.
    init(asksForPassword: Bool) {
        self.asksForPassword = asksForPassword
        rest = ByteBuffer()
    }

    /// Whether a client has begun to say something.
    var hasBegun: Bool { phase != .version }

    /// Takes what has come.
    mutating func receive(_ bytes: ByteBuffer) -> [Action] {
        if rest.readableBytes == 0 { rest = bytes } else { rest.writeImmutableBuffer(bytes) }
        return goOn()
    }

    /// Goes on when a password was checked, or could not be.
    mutating func passwordChecked(_ isRight: Bool, because problem: NegotiationProblem = .wrongPassword) -> [Action] {
        guard phase == .waiting else { return [] }
        guard isRight else { return end(problem, saying: [1, 1]) }
        phase = .request
        return [.send(ByteBuffer(bytes: [1, 0] as [UInt8]))] + goOn()
    }

    /// Keeps what comes while the request is being carried out, or a password checked.
    mutating func keep(_ bytes: ByteBuffer) { rest.writeImmutableBuffer(bytes) }

    /// Takes what was sent behind the request.
    mutating func takeRest() -> ByteBuffer {
        defer { rest = ByteBuffer() }
        return rest
    }

    private mutating func goOn() -> [Action] {
        var actions: [Action] = []
        while let more = step() { actions += more }
        return actions
    }

    /// What the next message asks for; nil when it is not there as a whole, or nothing more is expected.
    private mutating func step() -> [Action]? {
        switch phase {
        case .version:
            guard let version: UInt8 = rest.getInteger(at: rest.readerIndex) else { return nil }
            switch version {
            case 4: return versionFour()
            case 5:
                phase = .methods
                return []
            default: return end(.unknownVersion(version))
            }
        case .methods: return methods()
        case .password: return password()
        case .request: return request()
        case .waiting, .over: return nil
        }
    }

    mutating func end(_ problem: NegotiationProblem, saying bytes: [UInt8] = []) -> [Action] {
        phase = .over
        return (bytes.isEmpty ? [] : [.send(ByteBuffer(bytes: bytes))]) + [.end(problem)]
    }

    mutating func end(_ problem: NegotiationProblem, _ reply: SocksReply, _ version: SocksVersion) -> [Action] {
        phase = .over
        var buffer = ByteBuffer()
        reply.write(version, to: &buffer)
        return [.send(buffer), .end(problem)]
    }
}

/// Why nothing came of what a client said.
enum NegotiationProblem: Error, Equatable, CustomStringConvertible {
    case unknownVersion(UInt8)
    /// The client offers no way to show who it is that is asked for here.
    case noCommonMethod
    case wrongPassword
    /// Too many passwords are waiting to be checked.
    case busy
    /// Version 4 has no passwords, and they are asked for.
    case noPassword
    case malformed
    case badName
    case unknownCommand(UInt8)
    case unknownAddressType(UInt8)

    /// What was wrong.
    var description: String {
        switch self {
        case .unknownVersion(let number): "the first byte, \(number), is no version of SOCKS"
        case .noCommonMethod: "the client offers no method that is accepted here"
        case .wrongPassword: "the user or the password is wrong"
        case .busy: "too many passwords are waiting to be checked"
        case .noPassword: "SOCKS4 has no passwords, and they are asked for"
        case .malformed: "the message is malformed"
        case .badName: "the name of the destination is none"
        case .unknownCommand(let number): "there is no command \(number)"
        case .unknownAddressType(let number): "there is no type of addresses \(number)"
        }
    }
}
