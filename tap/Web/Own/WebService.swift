import ServiceLifecycle
public import Taproom

/// A web service with routes of a program: what a kind of one's own makes.
///
///     static func makeService(settings: Settings, context: ServiceContext) async throws -> any Service {
///         let entries = context.open(Self.entries)
///         return try await WebService(settings, context: context, web: { $0.web }) { settings in
///             var router = WebRouter()
///             router.get("/count") { _ in .text("\(try await entries.count())") }
///             return router
///         }
///     }
///
/// It listens, encrypts, limits, counts and logs as the kind `web` does, by the same ``WebSettings``, which are the settings of the
/// kind or a group in them. The routes of the program answer first wherever the settings would serve files; routes in the
/// settings that say what answers, and redirects of hosts, come before them. The state of a kind includes `Web.state`.
public final class WebService<Settings: ServiceSettings>: ReconfigurableService {
    private let web: @Sendable (Settings) -> WebSettings
    private let routes: @Sendable (Settings) throws -> WebRouter
    private let server: WebServer
    private let tasks = HandlerTasks()

    /// Opens what the settings name, and serves nothing yet.
    ///
    /// - Parameters:
    ///   - settings: those of the kind.
    ///   - context: what the kind was given.
    ///   - web: the part of the settings that is about the web; the kind's endpoints are those of this part.
    ///   - routes: what the program answers. It is called again when the settings change.
    /// - Throws: what `routes` throws, and what is said to the administrator when a folder or a certificate can't be had.
    public init(
        _ settings: Settings, context: ServiceContext, web: @escaping @Sendable (Settings) -> WebSettings,
        routes: @escaping @Sendable (Settings) throws -> WebRouter
    ) async throws {
        (self.web, self.routes) = (web, routes)
        server = try await Web.server(web(settings), context, OwnSite(router: routes(settings), tasks: tasks))
    }

    /// Serves until the graceful shutdown, and then until the last connection is closed and the last handler has returned.
    public func run() async throws {
        async let handlers: Void = tasks.run()
        defer { tasks.finish() }
        try await server.run()
        tasks.finish()
        await handlers
    }

    /// Opens what other settings name; from then on the next request on every connection is answered by them.
    ///
    /// For kinds whose ``Taproom/ServiceKind/canReconfigure(from:to:)`` asks the one of ``Web``. Throws what making the service
    /// throws.
    public func reconfiguration(to settings: Settings) async throws -> @Sendable () -> Void {
        try server.reconfiguration(to: web(settings), OwnSite(router: routes(settings), tasks: tasks))
    }
}

extension WebService where Settings == WebSettings {
    /// Opens what the settings name, and serves nothing yet: for kinds whose settings are those of the kind `web`.
    ///
    /// - Parameters:
    ///   - settings: those of the kind.
    ///   - context: what the kind was given.
    ///   - routes: what the program answers. It is called again when the settings change.
    /// - Throws: what `routes` throws, and what is said to the administrator when a folder or a certificate can't be had.
    public convenience init(
        _ settings: WebSettings, context: ServiceContext,
        routes: @escaping @Sendable (WebSettings) throws -> WebRouter
    ) async throws { try await self.init(settings, context: context, web: { $0 }, routes: routes) }
}

/// What a program adds to a site.
struct OwnSite {
    let router: WebRouter
    let tasks: HandlerTasks
}
