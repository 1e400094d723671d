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
        case "application": return try await wholeApplication(request)
        case "plan": return try await post(request) { try await encoded(application.plan(changeRequest(request))) }
        case "change", "apply": return try await post(request) { try await change(changeRequest(request), request) }
        case "confirm":
            return try await post(request) {
                .object(["revision": .integer(Int64(try await application.confirm(by: authorship(request))))])
            }
        case "blame":
            return try await get(request) { try await encoded(application.blame(request.query["path"])) }
        case "drift": return try await drift(request)
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

    private func encoded(_ value: some Encodable) throws -> Datum { try DatumEncoder().encode(value) }

    private func wholeApplication(_ request: ControlRequest) async throws -> Datum {
        try require(["GET", "PUT"], of: request)
        guard request.method == "PUT" else { return try await application.description(at: request.query["at"]) }
        return try await change(ChangeRequest([.replaceAll(with: request.body)]), request)
    }

    private func change(_ wanted: ChangeRequest, _ request: ControlRequest) async throws -> Datum {
        try await encoded(application.change(wanted, by: authorship(request, wanted.comment)))
    }

    private func change(_ edit: Edit, _ request: ControlRequest) async throws -> Datum {
        try await change(ChangeRequest([edit]), request)
    }

    /// The body of `/v1/plan`, `/v1/change` and `/v1/apply`: a ``ChangeRequest``, or a description as it is.
    private func changeRequest(_ request: ControlRequest) throws -> ChangeRequest {
        var wanted: ChangeRequest
        if request.body.object?["taproom"] != nil {
            wanted = ChangeRequest()
            let side = try request.query["onConflict"].map { word in
                guard let side = Merge.Side(rawValue: word) else {
                    throw ControlError.badRequest("onConflict must be file or running, but is \"\(word)\"")
                }
                return side
            }
            wanted.description = DescriptionText(
                text: JSONWriter.line(request.body), file: request.query["file"] ?? "description", onConflict: side)
        } else {
            wanted = try decode(ChangeRequest.self, request)
        }
        if let text = request.query["confirm"] {
            guard let limit = TimeSpan(text) else {
                throw ControlError.badRequest("confirm must be a duration such as 10m, but is \"\(text)\"")
            }
            wanted.confirm = limit
        }
        return wanted
    }

    private func drift(_ request: ControlRequest) async throws -> Datum {
        try require(["GET", "POST"], of: request)
        let description = request.method == "POST" ? try decode(DescriptionText.self, request) : nil
        return try await encoded(application.drift(from: description))
    }

    private func services(_ request: ControlRequest) async throws -> Datum {
        guard request.path.count > 2 else {
            try require(["GET", "POST"], of: request)
            if request.method == "GET" { return try await encoded(application.status().services) }
            return try await add(request)
        }
        var path = request.path[2...].joined(separator: "/")
        if request.method == "POST" {
            let verb = request.path[request.path.count - 1]
            path = request.path[2..<(request.path.count - 1)].joined(separator: "/")
            switch verb {
            case "enable", "disable": return try await change(.enable(path, verb == "enable"), request)
            case "restart":
                try await application.restart(path, by: authorship(request))
                return .object(["restarted": .string(path)])
            default:
                throw ControlError.methodNotAllowed(
                    "/" + request.path.joined(separator: "/"), allowed: ["GET", "PUT", "PATCH", "DELETE"])
            }
        }
        try require(["GET", "PUT", "PATCH", "DELETE"], of: request)
        switch request.method {
        case "PUT": return try await change(.replace(service: path, with: request.body), request)
        case "PATCH": return try await change(.merge(service: path, patch: request.body), request)
        case "DELETE": return try await change(.remove(path), request)
        default: return try await service(path, request)
        }
    }

    /// Adds a service, and answers its name besides.
    private func add(_ request: ControlRequest) async throws -> Datum {
        var wanted = ChangeRequest([.add(request.body, group: request.query["group"])])
        wanted.folder = request.query["folder"]
        let outcome = try await application.change(wanted, by: authorship(request))
        var answer = try encoded(outcome).object ?? [:]
        answer["name"] = outcome.plan.services.last.map { .string($0.name) }
        return .object(answer)
    }

    /// A service as a description writes it, or what a path with keys leads to.
    private func service(_ path: String, _ request: ControlRequest) async throws -> Datum {
        guard !path.contains(".") else { return try await application.contents(of: path, at: request.query["at"]) }
        var datum = try await application.description(at: request.query["at"])
        for name in path.split(separator: "/") {
            guard case .array(let services)? = datum.object?["services"],
                let found = services.first(where: { $0.object?["name"]?.string == String(name) })
            else { throw ControlError.unknownPath(path, problem: "there is no such service") }
            datum = found
        }
        return datum
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
