import NIOCore

/// Version 5 (RFC 1928), and its passwords (RFC 1929).
extension Negotiation {
    private static let noneAsked: UInt8 = 0
    private static let passwordAsked: UInt8 = 2
    private static let noneAccepted: UInt8 = 255

    /// The version, how many methods, and the methods.
    mutating func methods() -> [Action]? {
        guard let count: UInt8 = rest.getInteger(at: rest.readerIndex + 1),
            let methods = rest.getBytes(at: rest.readerIndex + 2, length: Int(count))
        else { return nil }
        rest.moveReaderIndex(forwardBy: 2 + methods.count)
        let method = asksForPassword ? Negotiation.passwordAsked : Negotiation.noneAsked
        guard methods.contains(method) else {
            return end(.noCommonMethod, saying: [5, Negotiation.noneAccepted])
        }
        phase = asksForPassword ? .password : .request
        return [.send(ByteBuffer(bytes: [5, method]))]
    }

    /// The version of this message, 1, and twice a length and as many bytes.
    mutating func password() -> [Action]? {
        guard let version: UInt8 = rest.getInteger(at: rest.readerIndex) else { return nil }
        guard version == 1 else { return end(.malformed, saying: [1, 1]) }
        guard let nameCount: UInt8 = rest.getInteger(at: rest.readerIndex + 1),
            let name = rest.getBytes(at: rest.readerIndex + 2, length: Int(nameCount)),
            let passwordCount: UInt8 = rest.getInteger(at: rest.readerIndex + 2 + name.count),
            let password = rest.getBytes(at: rest.readerIndex + 3 + name.count, length: Int(passwordCount))
        else { return nil }
        rest.moveReaderIndex(forwardBy: 3 + name.count + password.count)
        guard let user = String(validating: name, as: UTF8.self),
            let password = String(validating: password, as: UTF8.self), !user.isEmpty
        else { return end(.wrongPassword, saying: [1, 1]) }
        phase = .waiting
        return [.check(user: user, password: password)]
    }

    /// The version, the command, a byte that says nothing, and the destination.
    mutating func request() -> [Action]? {
        guard let version: UInt8 = rest.getInteger(at: rest.readerIndex) else { return nil }
        guard version == 5 else { return end(.malformed, .failure, .five) }
        var message = rest
        guard let number: UInt8 = rest.getInteger(at: rest.readerIndex + 1), message.readableBytes > 3 else {
            return nil
        }
        message.moveReaderIndex(forwardBy: 3)
        switch message.readDestination() {
        case .incomplete: return nil
        case .unknownType(let type): return end(.unknownAddressType(type), .unknownAddressType, .five)
        case .badName: return end(.badName, .hostUnreachable, .five)
        case .found(let destination):
            guard let command = SocksCommand(number, .five) else {
                return end(.unknownCommand(number), .unknownCommand, .five)
            }
            rest = message
            phase = .over
            return [.perform(SocksRequest(version: .five, command: command, destination: destination))]
        }
    }
}
