import NIOCore

/// Versions 4 and 4a.
extension Negotiation {
    /// The longest text of a message, without the NUL at its end.
    private static let longestText = 255

    private enum Text {
        case found([UInt8])
        case incomplete
        case tooLong
    }

    /// The version, the command, the port, the address, and a text with a NUL that names the client's user, which nobody
    /// can check.
    ///
    /// An address that begins with three zeros and does not end with another stands for a name, which follows with a NUL.
    mutating func versionFour() -> [Action]? {
        let start = rest.readerIndex
        guard let number: UInt8 = rest.getInteger(at: start + 1), let port: UInt16 = rest.getInteger(at: start + 2),
            let address = rest.getBytes(at: start + 4, length: 4)
        else { return nil }
        var place = start + 8
        switch text(at: place) {
        case .incomplete: return nil
        case .tooLong: return end(.malformed, .failure, .four)
        case .found(let user): place += user.count + 1
        }
        let isNamed = address.starts(with: [0, 0, 0]) && address[3] != 0
        let version = isNamed ? SocksVersion.fourA : .four
        var host: Destination.Host? = .address(address)
        if isNamed {
            switch text(at: place) {
            case .incomplete: return nil
            case .tooLong: return end(.badName, .failure, version)
            case .found(let name):
                host = Destination.host(named: name)
                place += name.count + 1
            }
        }
        guard !asksForPassword else { return end(.noPassword, .failure, version) }
        guard let command = SocksCommand(number, version) else {
            return end(.unknownCommand(number), .failure, version)
        }
        guard let host else { return end(.badName, .failure, version) }
        rest.moveReaderIndex(to: place)
        phase = .over
        let destination = Destination(host: host, port: port)
        return [.perform(SocksRequest(version: version, command: command, destination: destination))]
    }

    private func text(at place: Int) -> Text {
        let count = min(max(rest.writerIndex - place, 0), Negotiation.longestText + 1)
        let bytes = rest.getBytes(at: place, length: count) ?? []
        if let end = bytes.firstIndex(of: 0) { return .found(Array(bytes[..<end])) }
        return count > Negotiation.longestText ? .tooLong : .incomplete
    }
}
