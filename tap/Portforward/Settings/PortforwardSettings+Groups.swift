public import Taproom

/// How targets are tried at intervals, by making a connection to them.
public struct TargetHealth: SettingsGroup, Equatable, Sendable {
    /// The time from one trial to the next.
    ///
    /// Absent: nothing is tried.
    public var every: TimeSpan?
    /// How long a trial may take.
    public var timeout = TimeSpan(seconds: 2)
    /// How many good trials in a row bring a target back.
    public var rise = 2
    /// How many bad trials in a row take a target out.
    public var fall = 3

    /// The defaults.
    public init() {}
}

/// What is kept for clients that send datagrams.
public struct DatagramLimits: SettingsGroup, Equatable, Sendable {
    /// How long nothing may come from either side, until a client counts as a new one.
    public var idle = TimeSpan(seconds: 60)
    /// How many clients there can be at once; datagrams of more are lost.
    public var clients = 1024

    /// The defaults.
    public init() {}
}

/// How many connections there can be.
public struct PortforwardLimits: SettingsGroup, Equatable, Sendable {
    /// How many connections there can be at once; others wait until one of them ends.
    ///
    /// Absent: as many as the process can have, with one more to a target for each.
    public var connections: Int?
    /// How many connections a client may have at once; more of them are closed.
    ///
    /// Absent: any number.
    public var connectionsPerClient: Int?

    /// The defaults.
    public init() {}
}

/// How connections to `tls:` endpoints are encrypted.
public struct PortforwardTLS: SettingsGroup, Equatable, Sendable {
    /// The certificate where the endpoint names none.
    public var certificate: LocalPath?
    /// The certificate's key.
    public var key: LocalPath?
    /// Whether a certificate for development is made where there is none.
    public var `internal` = false

    /// The defaults.
    public init() {}
}
