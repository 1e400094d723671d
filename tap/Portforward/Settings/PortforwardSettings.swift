public import TapNetwork
public import Taproom

/// Where connections come in, and where they are passed on to.
public struct PortforwardSettings: ServiceSettings {
    /// Which target gets the next connection.
    public enum Balance: String, Codable, Sendable, CaseIterable {
        /// One after the other.
        case roundRobin
        /// The one with the fewest connections.
        case leastConnections
        /// The first one that is in: the others stand by.
        case first

        /// Reads one of the words.
        public init(from decoder: any Decoder) throws { self = try SettingWord.read(Self.self, from: decoder) }
    }

    /// Where to listen.
    public var listen: OneOrMore<Endpoint> = [.tcp(port: 6666)]
    /// The targets, in order.
    public var to: OneOrMore<ForwardTarget> = [.tcp("localhost", 6665)]
    /// Which target gets the next connection.
    public var balance = Balance.roundRobin
    /// How targets are tried at intervals.
    public var health = TargetHealth()
    /// How many failed connections in a row take a target out; a single target stays in.
    public var failures = 3
    /// How long a target stays out after that.
    public var pause = TimeSpan(seconds: 10)
    /// How long it may take to make a connection to a target, and then to encrypt it.
    public var connect = TimeSpan(seconds: 5)
    /// How long nothing may come from either side of a connection.
    public var idle = TimeSpan(seconds: 3600)
    /// The networks whose clients are let in; none: all.
    public var allow: OneOrMore<Network> = []
    /// The networks whose clients are not let in.
    public var deny: OneOrMore<Network> = []
    /// Who tells where clients come from.
    public var proxyProtocol = ProxyHeaderSenders()
    /// How targets are told where clients come from.
    public var sendProxyProtocol = ProxyHeaderVersion.none
    /// How connections to `tls:` endpoints are encrypted.
    public var tls = PortforwardTLS()
    /// What is kept for clients that send datagrams.
    public var datagrams = DatagramLimits()
    /// How many connections there can be.
    public var limits = PortforwardLimits()

    /// The defaults.
    public init() {}

    /// Where to listen.
    public var endpoints: [Endpoint] { listen.elements }

    /// As many targets as a set of them has bits.
    static let maximumTargets = 64

    /// Everything that is wrong, other than values out of the ranges of ``fields``.
    public func problems() -> [SettingProblem] {
        var problems: [SettingProblem] = []
        if listen.elements.isEmpty {
            problems.append(SettingProblem("listen", "must name at least one endpoint, such as tcp:6666"))
        }
        if to.elements.isEmpty {
            problems.append(SettingProblem("to", "must name at least one target, such as tcp:localhost:6665"))
        }
        if to.elements.count > Self.maximumTargets {
            problems.append(SettingProblem("to", "must name \(Self.maximumTargets) targets at most"))
        }
        if Set(to.elements).count < to.elements.count { problems.append(SettingProblem("to", "names a target twice")) }
        return problems + unmatched + tlsProblems
    }

    /// Endpoints of which nothing could be passed on.
    private var unmatched: [SettingProblem] {
        guard !to.elements.isEmpty else { return [] }
        // What systemd hands over is known when it is there.
        let (streams, datagrams) = (
            to.elements.contains { !$0.takesDatagrams }, to.elements.contains(where: \.takesDatagrams)
        )
        if !datagrams, let endpoint = listen.elements.first(where: \.takesDatagrams) {
            return [SettingProblem("to", "must name a target such as udp:HOST:PORT for what comes to \(endpoint)")]
        }
        if !streams, let endpoint = listen.elements.first(where: { !$0.takesDatagrams }) {
            return [SettingProblem("to", "must name a target such as tcp:HOST:PORT for what comes to \(endpoint)")]
        }
        return []
    }

    private var tlsProblems: [SettingProblem] {
        if tls.key != nil, tls.certificate == nil {
            return [SettingProblem("tls.key", "belongs to tls.certificate, which is missing")]
        }
        guard tls.certificate == nil, !tls.internal,
            let endpoint = listen.elements.first(where: { $0.tls != nil && $0.tls?.certificate == nil })
        else { return [] }
        return [
            SettingProblem(
                "listen",
                "has \(endpoint) without a certificate: name one there or in tls.certificate, or set tls.internal")
        ]
    }
}
