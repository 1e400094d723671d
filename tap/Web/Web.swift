public import ServiceLifecycle
public import Taproom

/// The kind `web`: serves the files of a folder over HTTP/1.1.
public struct Web: ServiceKind {
    /// What a site serves, where, and within which limits.
    public typealias Settings = WebSettings
    /// The options of `mktap web`.
    public typealias Options = WebOptions

    /// The word of the kind.
    public static let word = "web"
    /// What the kind does.
    public static let summary = "Serves the files of a folder over HTTP."

    /// Requests and bytes answered since the service was first started.
    ///
    /// What was added later to the values has its default in those that older programs have stored.
    static let counters = Cell("counters", initial: Counters(), durability: .snapshot)
    /// The counters.
    public static var state: [any StateDeclaration] { [counters] }

    /// Opens the folder and the counters.
    public static func makeService(settings: WebSettings, context: ServiceContext) async throws -> any Service {
        try await server(settings, context, nil)
    }

    /// Opens the folder and the counters, for the kind itself and for programs with routes of their own.
    static func server(_ settings: WebSettings, _ context: ServiceContext, _ own: OwnSite?) async throws -> WebServer {
        let counters = try await context.open(counters)
        let records = ServiceRecords(context.name, counters, context.logger)
        let site = try Site(settings, logger: context.logger, records: records, own)
        return WebServer(site, context: context)
    }

    /// All but the number of connections, which the sockets are opened with.
    public static func canReconfigure(from old: WebSettings, to new: WebSettings) -> Bool {
        old.limits.connections == new.limits.connections
    }
}
