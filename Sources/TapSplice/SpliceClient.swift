package import TapRelay

/// Who decides about one connection of a client: where it goes, and what is noted of it.
///
/// Everything is called on the thread of the connection's loop, which nothing here may keep waiting.
package protocol SpliceClient: AnyObject {
    /// Where to connect now; nil: nobody takes the connection, which is closed.
    func nextTarget() -> SpliceTarget?
    /// The connection to the target that was named last could not be made.
    func targetFailed(_ reason: String)
    /// The connection to the target that was named last was made.
    func targetConnected()
    /// Bytes have come from one side and are on their way to the other.
    func passed(_ bytes: Int, from side: RelaySide)
    /// Both connections are closed; called once.
    func ended(_ ending: RelayEnding)
}

/// Where a connection goes.
package struct SpliceTarget: Sendable {
    /// The addresses of the target, which are tried in order; at least one.
    package let names: [SocketName]
    /// What is sent before everything else.
    package let greeting: [UInt8]

    /// A target with its addresses.
    package init(_ names: [SocketName], greeting: [UInt8] = []) { (self.names, self.greeting) = (names, greeting) }
}

/// How long connections may take, and may be silent.
package struct SpliceLimits: Sendable {
    /// In nanoseconds.
    let connect: Int64
    let idle: Int64

    /// Times in milliseconds.
    package init(connectMilliseconds: Int64, idleMilliseconds: Int64) {
        (connect, idle) = (connectMilliseconds * 1_000_000, idleMilliseconds * 1_000_000)
    }

    /// How often it has to be looked whether one of them is over.
    var look: Int64 { min(max(min(connect, idle) / 8, 10_000_000), 1_000_000_000) }
}
