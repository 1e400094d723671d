import NIOCore

@testable import TapSocks

/// What a client and the server have said to each other, in a form that does not tell how it came in pieces.
struct Talk: Equatable {
    var sent: [UInt8] = []
    var checked: [String] = []
    var request: SocksRequest?
    var problem: NegotiationProblem?
    /// What came behind the request.
    var rest: [UInt8] = []

    /// Lets a client say some pieces; `secret` is the password of everybody.
    init(_ pieces: some Sequence<[UInt8]>, asksForPassword: Bool = false) {
        var negotiation = Negotiation(asksForPassword: asksForPassword)
        for piece in pieces { carryOut(negotiation.receive(ByteBuffer(bytes: piece)), &negotiation) }
        if request != nil { rest = Array(negotiation.rest.readableBytesView) }
    }

    private mutating func carryOut(_ actions: [Negotiation.Action], _ negotiation: inout Negotiation) {
        for action in actions {
            switch action {
            case .send(let bytes): sent += bytes.readableBytesView
            case .check(let user, let password):
                checked.append("\(user):\(password)")
                carryOut(negotiation.passwordChecked(password == "secret"), &negotiation)
            case .perform(let request): self.request = request
            case .end(let problem): self.problem = problem
            }
        }
    }
}

/// A message of bytes, texts and ports.
func bytes(_ parts: Any...) -> [UInt8] {
    parts.flatMap { part -> [UInt8] in
        switch part {
        case let byte as Int: [UInt8(byte)]
        case let text as String: Array(text.utf8)
        case let bytes as [UInt8]: bytes
        case let port as UInt16: [UInt8(port >> 8), UInt8(port & 255)]
        default: []
        }
    }
}
