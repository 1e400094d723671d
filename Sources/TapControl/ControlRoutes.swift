import TapData
import TapFile
package import TapLog
package import TapMetrics
import Taproom

/// What the HTTP API answers, apart from all wire matters.
package struct ControlRoutes: Sendable {
    let application: any ControlledApplication
    let metrics: MetricsRegistry?
    let health: HealthCheck?
    let logs: RecentLog?
    let live: (any LiveApplication)?

    /// The routes of an application.
    ///
    /// - Parameters:
    ///   - application: what is controlled.
    ///   - logs: what `/v1/logs` shows, if it is kept.
    ///   - metrics: what `/metrics` shows; nothing is there without.
    ///   - health: what `/healthz` and `/readyz` ask; nothing is there without.
    ///   - live: what `/v1/events` follows, and who knows the tokens; there are neither without.
    package init(
        _ application: any ControlledApplication, logs: RecentLog? = nil, metrics: MetricsRegistry? = nil,
        health: HealthCheck? = nil, live: (any LiveApplication)? = nil
    ) {
        self.application = application
        self.logs = logs
        self.metrics = metrics
        self.health = health
        self.live = live
    }

    /// All there is; of those with the same path the first ones are meant.
    static let table: [ControlRoute] =
        lookingRoutes + serviceRoutes + settingsRoutes + historyRoutes + processRoutes + tokenRoutes + watchingRoutes

    /// Does what a request asks.
    ///
    /// Errors become problems; nothing is thrown.
    package func respond(to request: ControlRequest) async -> ControlResponse {
        var isWatching = false
        do {
            let (routes, captured) = try find(request)
            guard request.method != "OPTIONS" else { return await options(routes) }
            let route = try route(of: request, among: routes)
            var request = request
            request.captured = captured
            isWatching = route.traits.contains(.watching)
            let response = try await answer(request, route)
            return isWatching ? response : await stamped(response, request, route)
        } catch {
            // An application that was told to stop may have stopped already.
            return ControlResponse(problem: error, revision: isWatching ? nil : try? await application.revision())
        }
    }

    /// All routes of the path of a request, and what it captures.
    private func find(_ request: ControlRequest) throws -> ([ControlRoute], [String: String]) {
        let matching = ControlRoutes.table.compactMap { route in
            route.path.match(request.path).map { (route: route, captured: $0) }
        }
        guard let first = matching.first else { throw unknown(request) }
        let routes = matching.map(\.route).filter { $0.path.template == first.route.path.template }
        return (routes, first.captured)
    }

    private func route(of request: ControlRequest, among routes: [ControlRoute]) throws -> ControlRoute {
        let method = request.method == "HEAD" ? "GET" : request.method
        guard let route = routes.first(where: { $0.method.rawValue == method }) else {
            throw ControlError.methodNotAllowed(request.pathText, allowed: allowed(routes))
        }
        return route
    }

    private func allowed(_ routes: [ControlRoute]) -> [String] {
        routes.flatMap { $0.method == .get ? ["GET", "HEAD"] : [$0.method.rawValue] } + ["OPTIONS"]
    }

    private func options(_ routes: [ControlRoute]) async -> ControlResponse {
        var response = ControlResponse(status: 204, body: .none, revision: try? await application.revision())
        response.allowed = allowed(routes)
        return response
    }

    private func answer(_ request: ControlRequest, _ route: ControlRoute) async throws -> ControlResponse {
        var request = request
        guard request.asker.role >= route.role else {
            throw ControlError.needsRole(route.role, name: request.asker.name)
        }
        try request.checkQuery(of: route)
        try await checkPrecondition(&request, route)
        try request.readBody(of: route)
        return try await route.answer(self, request)
    }

    /// Refuses what is meant for another revision (RFC 9110, section 13.1.1).
    ///
    /// Whoever changes something looks again in the same transaction.
    private func checkPrecondition(_ request: inout ControlRequest, _ route: ControlRoute) async throws {
        guard let field = request.ifMatch, !route.traits.contains(.watching) else { return }
        let condition = Precondition(field)
        let revision = try await application.revision()
        guard condition.allowsChange(at: revision) else {
            throw ControlError.changedMeanwhile(expected: field.filter { $0 != "\"" }, revision: revision)
        }
        if !condition.isAny { request.expected = revision }
    }

    /// The answer with the revision it is of, or the word that the asker has it already.
    private func stamped(
        _ response: ControlResponse, _ request: ControlRequest, _ route: ControlRoute
    ) async -> ControlResponse {
        var response = response
        response.revision = try? await application.revision()
        if let field = request.ifNoneMatch, let revision = response.revision, response.status == 200,
            isConditional(request, route), Precondition(field).knows(revision)
        {
            (response.status, response.body) = (304, .none)
        }
        return response
    }

    /// What a path with keys leads to can be state, which changes without a revision.
    private func isConditional(_ request: ControlRequest, _ route: ControlRoute) -> Bool {
        route.traits.contains(.conditional) && request.captured["name"]?.contains(".") != true
    }

    func unknown(_ request: ControlRequest) -> ControlError { .unknownRoute(request.pathText) }

    /// Who asks, and for which revision.
    func authorship(_ request: ControlRequest, _ comment: String? = nil) -> Authorship {
        Authorship(
            author: request.asker.name, origin: request.asker.origin, comment: comment ?? "",
            expected: request.expected)
    }
}
