import ArgumentParser
import TapNetwork
public import Taproom

/// The options of `mktap portforward`.
public struct PortforwardOptions: ServiceOptions {
    @OptionGroup var listening: ListenOptions

    @Option(help: "The host to pass connections on to, with the port of --dest_port. The default is localhost.")
    var host: String?

    @Option(
        name: [.customShort("d"), .customLong("dest_port"), .customLong("dest-port")],
        help: ArgumentHelp("The port to pass connections on to. The default is 6665.", valueName: "port"))
    var port: String?

    @Option(
        help: PortforwardSettings.help(
            "to", valueName: "target", more: "Written \(ForwardTarget.form.writing). Can be repeated."))
    var to: [String] = []

    @Option(help: PortforwardSettings.help("balance", valueName: "word"))
    var balance: String?

    @Option(name: .customLong("check-every"), help: PortforwardSettings.help("health.every", valueName: "time"))
    var every: String?

    @Option(name: .customLong("connect-timeout"), help: PortforwardSettings.help("connect", valueName: "time"))
    var connect: String?

    @Option(help: PortforwardSettings.help("idle", valueName: "time"))
    var idle: String?

    @Option(help: PortforwardSettings.help("allow", valueName: "network", more: "Can be repeated."))
    var allow: [String] = []

    @Option(help: PortforwardSettings.help("deny", valueName: "network", more: "Can be repeated."))
    var deny: [String] = []

    @Option(
        name: .customLong("accept-proxy"),
        help: PortforwardSettings.help("proxyProtocol.from", valueName: "network", more: "Can be repeated."))
    var senders: [String] = []

    @Option(name: .customLong("send-proxy"), help: PortforwardSettings.help("sendProxyProtocol", valueName: "version"))
    var version: String?

    @Option(help: PortforwardSettings.help("limits.connections", valueName: "number"))
    var connections: Int?

    @Option(
        name: .customLong("connections-per-client"),
        help: PortforwardSettings.help("limits.connectionsPerClient", valueName: "number"))
    var connectionsPerClient: Int?

    @Option(name: .shortAndLong, help: PortforwardSettings.help("tls.certificate", valueName: "file"))
    var certificate: LocalPath?

    @Option(
        name: [.customShort("k"), .customLong("privkey")], help: PortforwardSettings.help("tls.key", valueName: "file"))
    var key: LocalPath?

    @Option(
        help: ArgumentHelp("internal: make a certificate for development, which nobody trusts.", valueName: "word"))
    var tls: String?

    /// No options given.
    public init() {}

    /// The settings these options ask for.
    public func settings() throws -> PortforwardSettings {
        var settings = PortforwardSettings()
        settings.listen = try listening.endpoints(default: settings.listen)
        settings.to = OneOrMore(try targets(default: settings.to.elements))
        if let balance { settings.balance = try word(balance, "balance") }
        settings.health.every = try every.map { try span($0, "check-every") }
        if let connect { settings.connect = try span(connect, "connect-timeout") }
        if let idle { settings.idle = try span(idle, "idle") }
        settings.allow = OneOrMore(try allow.map { try network($0, "allow") })
        settings.deny = OneOrMore(try deny.map { try network($0, "deny") })
        settings.proxyProtocol.from = OneOrMore(try senders.map { try network($0, "accept-proxy") })
        if let version { settings.sendProxyProtocol = try word(version, "send-proxy") }
        settings.limits.connections = connections
        settings.limits.connectionsPerClient = connectionsPerClient
        (settings.tls.certificate, settings.tls.key) = (certificate, key)
        if let tls {
            guard tls == "internal" else { throw ValidationError("--tls must be internal, but is \"\(tls)\".") }
            settings.tls.internal = true
        }
        return settings
    }

    private func targets(default fallback: [ForwardTarget]) throws -> [ForwardTarget] {
        let others = try to.map { text in
            do {
                return try ForwardTarget(text, in: LocalPath.workingFolder)
            } catch {
                throw ValidationError("--to is no target: \(error)")
            }
        }
        guard host != nil || port != nil else { return others.isEmpty ? fallback : others }
        let number = port ?? "6665"
        guard let plain = UInt16(number), plain > 0 else {
            throw ValidationError("--dest_port must be a number from 1 to 65535, but is \"\(number)\".")
        }
        let name = host ?? "localhost"
        do {
            return [try ForwardTarget("tcp:\(name.contains(":") ? "[\(name)]" : name):\(plain)")] + others
        } catch {
            throw ValidationError("--host must be a name or an address of IP, but is \"\(name)\".")
        }
    }

    private func word<Word: RawRepresentable<String> & CaseIterable>(_ text: String, _ option: String) throws -> Word {
        guard let word = Word(rawValue: text) else {
            let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--\(option) must be one of \(words), but is \"\(text)\".")
        }
        return word
    }

    private func span(_ text: String, _ option: String) throws -> TimeSpan {
        guard let span = TimeSpan(text) else {
            throw ValidationError("--\(option) must be a number with ms, s, m, h or d, but is \"\(text)\".")
        }
        return span
    }

    private func network(_ text: String, _ option: String) throws -> Network {
        guard let network = Network(text) else {
            throw ValidationError(
                "--\(option) must be a network such as 192.0.2.0/24 or 2001:db8::/32, but is \"\(text)\".")
        }
        return network
    }
}
