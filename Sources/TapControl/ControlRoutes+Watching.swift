import TapData
import TapMetrics
import Taproom

/// What is asked by those who watch.
///
/// `/metrics`, `/healthz` and `/readyz` wait for nobody who does not answer, and so have no `ETag`.
extension ControlRoutes {
    static let watchingRoutes: [ControlRoute] = [
        ControlRoute(
            .get, "/v1/events", "What happens, as server-sent events: revision, service, and log if asked for.",
            [
                RouteParameter(
                    name: "logs", meaning: "Events of the log too, of this level or a graver one.",
                    schema: .object(["type": .string("string"), "enum": .array(levels.map { .string($0) })]))
            ], traits: .missing, answers: [RouteAnswer(text: EventText.mediaType)]
        ) { try await $0.follow($1) },
        ControlRoute(
            .get, "/metrics", "What a collector of metrics reads.", traits: [.watching, .missing],
            answers: [RouteAnswer(text: TextExposition.mediaType)]
        ) { routes, request in
            guard let metrics = routes.metrics else { throw routes.unknown(request) }
            return ControlResponse(
                status: 200, body: .text(await metrics.text(), contentType: TextExposition.mediaType), revision: nil)
        },
        ControlRoute(
            .get, "/healthz", "Whether everything in the process answers.", traits: [.watching, .missing],
            answers: healthy
        ) { try await $0.health($1) { $0.live } },
        ControlRoute(
            .get, "/readyz", "Whether the application does what it should.", traits: [.watching, .missing],
            answers: healthy
        ) { try await $0.health($1) { $0.live && $0.ready && $0.durable } },
    ]

    private static let healthy = [RouteAnswer(200, "Health"), RouteAnswer(503, "Health")]

    /// The whole health in any case, and a status for those who only look at that.
    private func health(_ request: ControlRequest, _ isGood: (Health) -> Bool) async throws -> ControlResponse {
        guard let health = await health?.health() else { throw unknown(request) }
        return try ControlResponse(health, status: isGood(health) ? 200 : 503)
    }
}
