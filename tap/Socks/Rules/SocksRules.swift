import TapNetwork
import Taproom

/// Decides which requests are let through.
///
/// What `deny` has is not. Else, what `allow` has is; where `allow` is empty everything is that has one of the commands, but
/// not what leads a client from elsewhere to the machine itself or its link.
struct SocksRules: Sendable {
    private let commands: Set<SocksCommand>
    private let allow: [SocksRule]
    private let deny: [SocksRule]

    init(_ settings: SocksSettings) {
        (commands, allow, deny) = (Set(settings.commands.elements), settings.allow, settings.deny)
    }

    /// Why somebody may not ask for something at an address; nil: it is let through.
    func refusal(_ asker: Asker, _ command: SocksCommand, _ address: [UInt8], _ port: UInt16) -> Refusal? {
        let address = NearAddress.plain(address)
        if deny.contains(where: { $0.isAbout(asker, command, address, port, commands: nil) }) { return .denied }
        let reasons = allow.filter { $0.isAbout(asker, command, address, port, commands: commands) }
        if reasons.isEmpty {
            if let refusal = refusal(asker, command) { return refusal }
            guard allow.isEmpty else { return .notAllowed }
        }
        guard NearAddress.contains(address), !asker.isNear else { return nil }
        // A rule for all destinations, as one that names clients only, does not mean these.
        return reasons.contains { $0.means(near: address) } ? nil : .near
    }

    /// Why somebody may not ask for something wherever it leads; nil: there may be addresses for which it is let through.
    func refusal(_ asker: Asker, _ command: SocksCommand) -> Refusal? {
        if deny.contains(where: { $0.isAboutAllAddresses && $0.isAbout(asker, command, commands: nil) }) {
            return .denied
        }
        if allow.contains(where: { $0.isAbout(asker, command, commands: commands) }) { return nil }
        guard commands.contains(command) else { return .command }
        return allow.isEmpty ? nil : .notAllowed
    }
}

extension SocksRule {
    /// Whether an address that is near the server is meant by what the rule says of destinations.
    ///
    /// A network of less than eight bits is the world, or a good part of it, and means no address in particular.
    fileprivate func means(near address: [UInt8]) -> Bool {
        let beyondEightBits = [address[0] ^ 1] + address.dropFirst()
        return to.elements.contains { $0.contains(address) && !$0.contains(beyondEightBits) }
    }

    fileprivate var isAboutAllAddresses: Bool { to.elements.isEmpty && ports.elements.isEmpty }

    /// Whether all holds that is said of who asks for what; without words of its own a rule is about some commands, or all.
    fileprivate func isAbout(_ asker: Asker, _ command: SocksCommand, commands usual: Set<SocksCommand>?) -> Bool {
        if commands.elements.isEmpty {
            guard usual?.contains(command) ?? true else { return false }
        } else {
            guard commands.elements.contains(command) else { return false }
        }
        if !users.elements.isEmpty {
            guard let user = asker.user, users.elements.contains(user) else { return false }
        }
        guard !from.elements.isEmpty else { return true }
        // Whoever can open a unix socket is of this machine.
        guard let address = asker.address else { return from.elements.contains { $0.contains([127, 0, 0, 1]) } }
        return from.elements.contains { $0.contains(address) }
    }

    fileprivate func isAbout(
        _ asker: Asker, _ command: SocksCommand, _ address: [UInt8], _ port: UInt16, commands: Set<SocksCommand>?
    ) -> Bool {
        isAbout(asker, command, commands: commands)
            && (to.elements.isEmpty || to.elements.contains { $0.contains(address) })
            && (ports.elements.isEmpty || ports.elements.contains { $0.ports.contains(port) })
    }
}
