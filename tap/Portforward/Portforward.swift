public import ServiceLifecycle
public import Taproom

/// The kind `portforward`: passes connections and datagrams on to other servers.
public struct Portforward: ServiceKind {
    /// Where connections come in, and where they are passed on to.
    public typealias Settings = PortforwardSettings
    /// The options of `mktap portforward`.
    public typealias Options = PortforwardOptions

    /// The word of the kind.
    public static let word = "portforward"
    /// What the kind does.
    public static let summary = "Passes connections and datagrams on to other servers."
    /// Whether it takes datagrams: it does.
    public static let acceptsDatagrams = true

    /// Connections and bytes passed on since the service was first started.
    static let counters = Cell("counters", initial: ForwardCounters(), durability: .snapshot)
    /// The counters.
    public static var state: [any StateDeclaration] { [counters] }

    /// Opens the counters and reads certificates.
    public static func makeService(
        settings: PortforwardSettings, context: ServiceContext
    ) async throws -> any Service {
        let records = ForwardRecords(context.name, try await context.open(counters), context.logger)
        return PortforwardServer(try ForwardPlan(settings, records, context.logger), context: context)
    }

    /// All settings.
    public static func canReconfigure(from old: PortforwardSettings, to new: PortforwardSettings) -> Bool { true }
}
