public import ServiceLifecycle
public import Taproom

/// The kind `inetd`: starts a program for each connection.
public struct Inetd: ServiceKind {
    /// What is started where.
    public typealias Settings = InetdSettings
    /// The options of `mktap inetd`.
    public typealias Options = InetdOptions

    /// The word of the kind.
    public static let word = "inetd"
    /// What the kind does.
    public static let summary = "Starts a program for each connection, as inetd does."
    /// Some programs and some internal services read datagrams.
    public static let acceptsDatagrams = true

    /// Looks for the programs and their users.
    public static func makeService(settings: InetdSettings, context: ServiceContext) async throws -> any Service {
        try InetdService(settings, context)
    }

    /// Everything but where something listens and how it is treated there; programs that run are not touched.
    public static func canReconfigure(from old: InetdSettings, to new: InetdSettings) -> Bool {
        guard old.atOnce == new.atOnce, old.entries.count == new.entries.count else { return false }
        return zip(old.entries, new.entries).allSatisfy { canChange(from: $0, to: $1) }
    }

    private static func canChange(from old: InetdEntry, to new: InetdEntry) -> Bool {
        guard old != new else { return true }
        // What answers internally is made with the sockets.
        return old.listen == new.listen && old.wait == new.wait && old.internal == nil && new.internal == nil
    }
}
