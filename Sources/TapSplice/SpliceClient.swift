package import TapRelay

/// Who decides about one connection of a client: where it goes, and what is noted of it.
///
/// Everything is called on the thread of the connection's loop, which nothing here may keep waiting.
package protocol SpliceClient: AnyObject {
    /// Where to connect now; nil: nobody takes the connection, which is closed.
    func nextTarget() -> SpliceTarget?
    /// The connection to the target that was named last could not be made, with the system's number for the reason.
    func targetFailed(_ code: CInt)
    /// The connection to the target that was named last was made.
    func targetConnected()
    /// Bytes have come from one side and are on their way to the other.
    func passed(_ bytes: Int, from side: RelaySide)
    /// Both connections are closed; called once.
    func ended(_ ending: RelayEnding)
}

/// Who talks with a client before its connection goes anywhere.
///
/// When ``SpliceClient/nextTarget()`` has nothing for such a client it hears ``farewell`` before its connection is closed.
package protocol SpliceTalker: SpliceClient {
    /// The client has said something.
    func said(_ bytes: UnsafeRawBufferPointer) -> SpliceAnswer
    /// What the client hears first of the connection that was made, by the socket of that.
    func greeting(_ target: CInt) -> [UInt8]
    /// What a client hears that gets nowhere.
    var farewell: [UInt8] { get }
}

/// What is said to a client, and what then.
package struct SpliceAnswer {
    /// What comes next.
    package enum Next {
        /// The client says more.
        case listen
        /// It is connected to a target.
        case connect
        /// That was the last word.
        case end
        /// Somebody else serves it, who owns the socket from then on and calls the second argument when it is closed.
        case leave((CInt, @escaping @Sendable () -> Void) -> Void)
    }

    /// What the client hears at once.
    let reply: [UInt8]
    let next: Next

    /// An answer.
    package init(_ reply: [UInt8], _ next: Next) { (self.reply, self.next) = (reply, next) }
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
    let talk: Int64
    let connect: Int64
    let idle: Int64

    /// Times in milliseconds: to say what is wanted, to connect to an address of a target, and without a byte.
    package init(talkMilliseconds: Int64 = 86_400_000, connectMilliseconds: Int64, idleMilliseconds: Int64) {
        (connect, idle) = (connectMilliseconds * 1_000_000, idleMilliseconds * 1_000_000)
        talk = talkMilliseconds * 1_000_000
    }

    /// How often it has to be looked whether one of them is over.
    var look: Int64 { min(max(min(talk, connect, idle) / 8, 10_000_000), 1_000_000_000) }
}
