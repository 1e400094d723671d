import TapData
import TapMetrics
import Taproom

/// What is asked by those who watch: `/metrics`, `/healthz` and `/readyz`.
///
/// These wait for nobody who does not answer, and so have no `ETag`.
extension ControlRoutes {
    /// The answer, or nil when something else is asked for.
    func watching(_ request: ControlRequest) async throws -> ControlResponse? {
        guard request.path.count == 1 else { return nil }
        switch request.path[0] {
        case "metrics":
            guard let metrics else { return nil }
            try require(["GET", "HEAD"], of: request)
            let text = await metrics.text()
            return ControlResponse(
                status: 200, body: .text(text, contentType: TextExposition.mediaType), revision: nil)
        case "healthz": return try await health(request) { $0.live }
        case "readyz": return try await health(request) { $0.live && $0.ready && $0.durable }
        default: return nil
        }
    }

    /// The whole health in any case, and a status for those who only look at that.
    private func health(
        _ request: ControlRequest, _ isGood: (Health) -> Bool
    ) async throws -> ControlResponse? {
        guard let health = await health?.health() else { return nil }
        try require(["GET", "HEAD"], of: request)
        return ControlResponse(
            status: isGood(health) ? 200 : 503, body: .json(try DatumEncoder().encode(health)), revision: nil)
    }
}
