import TapData
import TapFile
package import Taproom

/// Points of the history, and the way back to them.
extension ControlRoutes {
    static let historyRoutes: [ControlRoute] = [
        ControlRoute(.get, "/v1/revisions", "All revisions, oldest first.", answers: "Revisions") { routes, _ in
            try await routes.application.history()
        },
        ControlRoute(.get, "/v1/revisions/{number}", "One revision.", answers: "Revision") { routes, request in
            let text = request.captured["number"] ?? ""
            guard let number = Int(text),
                let revision = try await routes.application.history().first(where: { $0.revision == number })
            else { throw ControlError.unknownPoint(text, names: []) }
            return revision
        },
        ControlRoute(
            .get, "/v1/diff", "What is different between two points, settings and state.",
            [
                RouteParameter(
                    name: "from", meaning: "A revision, the name of a snapshot, or a time.", isRequired: true,
                    schema: .schema("string")),
                RouteParameter(
                    name: "to", meaning: "Another one; now unless it is given.", schema: .schema("string")),
            ], traits: .missing, answers: "Differences"
        ) { try await $0.application.differences(from: $1.query["from"] ?? "", to: $1.query["to"]) },
        ControlRoute(.get, "/v1/snapshots", "The snapshots, oldest first.", answers: "Revisions") { routes, _ in
            try await routes.application.history().filter { $0.kind == .snapshot }
        },
        ControlRoute(
            .post, "/v1/snapshots", "Captures settings and state as they are.",
            body: RouteBody(schema: "SnapshotRequest", isRequired: false), traits: .change,
            answers: [RouteAnswer(201, "Made")]
        ) { routes, request in
            let wanted = try request.decode(SnapshotRequest.self)
            let authorship = routes.authorship(request, wanted.comment)
            let revision = try await routes.application.snapshot(wanted.name, by: authorship)
            var response = try ControlResponse(["revision": revision], status: 201)
            response.location = "/v1/revisions/\(revision)"
            return response
        },
        ControlRoute(
            .post, "/v1/rollback", "Goes back to an earlier point; no revision: nothing differs.",
            body: RouteBody(schema: "RollbackRequest"), traits: .change, answers: "Made"
        ) { routes, request in
            let wanted = try request.decode(RollbackRequest.self)
            let authorship = routes.authorship(request, wanted.comment)
            let revision = try await routes.application.rollBack(to: wanted.point, wanted.scope, by: authorship)
            return Datum.object(["revision": revision.map { .integer(Int64($0)) } ?? .null])
        },
        ControlRoute(
            .post, "/v1/prune", "Removes points of the history that no rule keeps.",
            body: RouteBody(schema: "PruneRequest", isRequired: false), traits: .change, answers: "Pruning"
        ) { try await $0.application.prune($1.decode(PruneRequest.self), by: $0.authorship($1)) },
    ]
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
    /// Throws ``ControlError`` when there are none and nothing else is asked for, and for numbers that are too small.
    func retention(of application: Application) throws -> Retention {
        for (key, count) in [("keep", keep), ("hourly", hourly), ("daily", daily)] {
            guard let count, count < 1 else { continue }
            throw ControlError.badBody(DataError(path: [.key(key)], problem: "must be 1 or more, but is \(count)"))
        }
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
