import TapConfig
import TapData
import TapFile
package import TapLog
package import TapMetrics
package import Taproom

/// What the HTTP API answers, apart from all wire matters.
package struct ControlRoutes: Sendable {
    private let application: any ControlledApplication
    let metrics: MetricsRegistry?
    let health: HealthCheck?
    let logs: RecentLog?

    /// The routes of an application.
    ///
    /// - Parameters:
    ///   - application: what is controlled.
    ///   - logs: what `/v1/logs` shows, if it is kept.
    ///   - metrics: what `/metrics` shows; there is no such route without.
    ///   - health: what `/healthz` and `/readyz` ask; there are no such routes without.
    package init(
        _ application: any ControlledApplication, logs: RecentLog? = nil, metrics: MetricsRegistry? = nil,
        health: HealthCheck? = nil
    ) {
        self.application = application
        self.logs = logs
        self.metrics = metrics
        self.health = health
    }

    /// Does what a request asks.
    ///
    /// Errors become problems; nothing is thrown.
    package func respond(to request: ControlRequest) async -> ControlResponse {
        do {
            if let response = try await watching(request) { return response }
            let body = try await answer(request)
            // An application that was told to stop may have stopped already.
            return ControlResponse(status: 200, body: body, revision: try? await application.revision())
        } catch {
            return ControlResponse(problem: error, revision: try? await application.revision())
        }
    }

    private func answer(_ request: ControlRequest) async throws -> ControlResponse.Body {
        guard request.path.first == "v1", request.path.count > 1 else { throw unknown(request) }
        return request.path[1] == "logs" ? try logs(request) : .json(try await datum(request))
    }

    private func datum(_ request: ControlRequest) async throws -> Datum {
        // Only services have paths of any length.
        let limit = ["services": Int.max, "revisions": 3][request.path[1]] ?? 2
        guard request.path.count <= limit else { throw unknown(request) }
        switch request.path[1...].first {
        case "services": return try await services(request)
        case "status": return try await get(request) { try await DatumEncoder().encode(application.status()) }
        case "application":
            return try await get(request) { try await application.description(at: request.query["at"]) }
        case "contents":
            return try await get(request) {
                try await application.contents(of: request.query["path"], at: request.query["at"])
            }
        case "revisions": return try await get(request) { try await revisions(request) }
        case "diff": return try await get(request) { try await differences(request) }
        case "verify": return try await get(request) { try await DatumEncoder().encode(application.verify()) }
        case "snapshots": return try await snapshots(request)
        case "rollback": return try await post(request) { try await rollBack(request) }
        case "prune": return try await post(request) { try await prune(request) }
        case "save":
            return try await post(request) {
                try await application.save()
                return .object(["saved": .bool(true)])
            }
        case "reload":
            return try await post(request) {
                try await DatumEncoder().encode(application.reload(by: authorship(request)))
            }
        case "upgrade":
            return try await post(request) {
                try await DatumEncoder().encode(application.upgrade(by: authorship(request)))
            }
        case "stop":
            return try await post(request) {
                try await application.stop()
                return .object(["stopping": .bool(true)])
            }
        default: throw unknown(request)
        }
    }

    func unknown(_ request: ControlRequest) -> ControlError {
        .unknownRoute("/" + request.path.joined(separator: "/"))
    }

    private func get(_ request: ControlRequest, _ body: () async throws -> Datum) async throws -> Datum {
        try require(["GET"], of: request)
        return try await body()
    }

    private func post(_ request: ControlRequest, _ body: () async throws -> Datum) async throws -> Datum {
        try require(["POST"], of: request)
        return try await body()
    }

    func require(_ methods: [String], of request: ControlRequest) throws {
        guard methods.contains(request.method) else {
            throw ControlError.methodNotAllowed("/" + request.path.joined(separator: "/"), allowed: methods)
        }
    }

    private func services(_ request: ControlRequest) async throws -> Datum {
        guard request.path.count == 2 else {
            return try await get(request) {
                let path = request.path[2...].joined(separator: "/")
                return try await application.contents(of: path, at: request.query["at"])
            }
        }
        try require(["GET", "POST"], of: request)
        guard request.method == "POST" else { return try await DatumEncoder().encode(application.status().services) }
        let service = try decode(TransferredService.self, request).definition
        return try await DatumEncoder().encode(application.add(service, by: authorship(request)))
    }

    private func revisions(_ request: ControlRequest) async throws -> Datum {
        let history = try await application.history()
        guard request.path.count > 2 else { return try DatumEncoder().encode(history) }
        guard let number = Int(request.path[2]), let revision = history.first(where: { $0.revision == number }) else {
            throw ControlError.unknownPoint(request.path[2], names: [])
        }
        return try DatumEncoder().encode(revision)
    }

    private func differences(_ request: ControlRequest) async throws -> Datum {
        guard let from = request.query["from"] else { throw ControlError.badRequest("the query needs from=REVISION") }
        return try await DatumEncoder().encode(application.differences(from: from, to: request.query["to"]))
    }

    private func snapshots(_ request: ControlRequest) async throws -> Datum {
        try require(["GET", "POST"], of: request)
        guard request.method == "POST" else {
            return try await DatumEncoder().encode(application.history().filter { $0.kind == .snapshot })
        }
        let wanted = try decode(SnapshotRequest.self, request)
        let revision = try await application.snapshot(wanted.name, by: authorship(request, wanted.comment))
        return .object(["revision": .integer(Int64(revision))])
    }

    private func rollBack(_ request: ControlRequest) async throws -> Datum {
        let wanted = try decode(RollbackRequest.self, request)
        let revision = try await application.rollBack(
            to: wanted.point, wanted.scope, by: authorship(request, wanted.comment))
        return .object(["revision": revision.map { .integer(Int64($0)) } ?? .null])
    }

    private func prune(_ request: ControlRequest) async throws -> Datum {
        try await DatumEncoder().encode(
            application.prune(decode(PruneRequest.self, request), by: authorship(request)))
    }

    /// Who asks, and for which revision: `If-Match` (RFC 9110, section 13.1.1).
    private func authorship(_ request: ControlRequest, _ comment: String? = nil) -> Authorship {
        var authorship = Authorship(author: request.user, origin: "socket", comment: comment ?? "")
        guard let expected = request.ifMatch, expected != "*" else { return authorship }
        // What is no number is no revision that any application is at.
        authorship.expected = Int(expected.filter { $0 != "\"" }) ?? 0
        return authorship
    }

    private func decode<Body: Decodable>(_ type: Body.Type, _ request: ControlRequest) throws -> Body {
        let body = request.body == .null ? .object([:]) : request.body
        do throws(DataError) {
            let (value, unknown) = try DatumDecoder().decodeNotingUnknownKeys(type, from: body)
            guard unknown.isEmpty else { throw unknown[0] }
            return value
        } catch {
            throw ControlError.badRequest("the body: \(error)")
        }
    }
}

/// The body of `POST /v1/snapshots`.
struct SnapshotRequest: Codable {
    var name: String?
    var comment: String?
}

/// The body of `POST /v1/prune`.
package struct PruneRequest: Defaulted, Sendable, Equatable {
    /// The rules; those of the application unless any is given.
    package var keep: Int?
    package var hourly: Int?
    package var daily: Int?
    package var size: ByteCount?
    /// Names of snapshots that go too.
    package var snapshots: [String] = []
    /// Whether it is only said what would go.
    package var dryRun = false

    package init() {}

    /// The rules that count for an application.
    ///
    /// Throws ``ControlError`` when there are none and nothing else is asked for.
    func retention(of application: Application) throws -> Retention {
        var retention = Retention()
        (retention.keep, retention.hourly, retention.daily, retention.size) = (keep, hourly, daily, size)
        guard retention == Retention(), snapshots.isEmpty else { return retention }
        guard let own = application.retention else { throw ControlError.noRetention }
        return own
    }
}

/// The body of `POST /v1/rollback`.
struct RollbackRequest: Defaulted {
    /// A revision's number or a snapshot's name.
    var point = ""
    var settings = true
    var state = true
    var service: String?
    var comment: String?

    var scope: RollbackScope { RollbackScope(settings: settings, state: state, service: service) }
}

/// A service that was checked by the asker, on its way: the body of `POST /v1/services`.
struct TransferredService: Codable {
    var name: String
    var kind: String
    var version: Int
    var enabled: Bool
    var restart: RestartPolicy
    var settings: Datum

    init(_ definition: ServiceDefinition) {
        name = definition.name
        kind = definition.kind
        version = definition.settingsVersion
        enabled = definition.isEnabled
        restart = definition.restart
        settings = .object(definition.settings)
    }

    var definition: ServiceDefinition {
        ServiceDefinition(
            name: name, kind: kind, settingsVersion: version, isEnabled: enabled, restart: restart,
            settings: settings.object ?? [:])
    }
}
