public import ServiceLifecycle
public import Taproom

/// The kind `socks`: a proxy for connections and datagrams of any protocol (SOCKS 4, 4a and 5).
public struct Socks: ServiceKind {
    /// Who may get where.
    public typealias Settings = SocksSettings
    /// The options of `mktap socks`.
    public typealias Options = SocksOptions

    /// The word of the kind.
    public static let word = "socks"
    /// What the kind does.
    public static let summary = "Connects clients to where they want to get, over SOCKS 4, 4a and 5."

    /// Requests, bytes and users since the service was first started.
    static let counters = Cell("counters", initial: SocksCounters(), durability: .snapshot)
    /// The counters.
    public static var state: [any StateDeclaration] { [counters] }

    /// Opens the counters, the file of passwords and the access log.
    public static func makeService(settings: SocksSettings, context: ServiceContext) async throws -> any Service {
        let counters = try await context.open(counters)
        let records = SocksRecords(context.name, counters, context.logger)
        return SocksServer(try SocksPolicy(settings, records), records, context)
    }

    /// Everything can change while connections are open; where the service listens is not asked here.
    public static func canReconfigure(from old: SocksSettings, to new: SocksSettings) -> Bool { true }
}
