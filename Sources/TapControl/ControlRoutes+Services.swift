import TapConfig
import TapData
import TapFile
import Taproom

/// One service.
extension ControlRoutes {
    static let serviceRoutes: [ControlRoute] = [
        ControlRoute(.get, "/v1/services", "How the services are.", answers: "Services") { routes, _ in
            try await routes.application.status().services
        },
        ControlRoute(
            .post, "/v1/services", "Adds a service at the end of the application or of a group.",
            [
                RouteParameter(name: "group", meaning: "The path of the group.", schema: .schema("string")),
                RouteParameter(
                    name: "folder", meaning: "Where relative paths in it are taken from.", schema: .schema("string")),
            ] + RouteParameter.change,
            body: RouteBody(schema: "Service"), traits: .change, answers: [RouteAnswer(201, "Added")]
        ) { try await $0.add($1) },
        ControlRoute(
            .post, "/v1/services/{name}/enable", "Has a service run.", RouteParameter.change, traits: .change,
            answers: "Outcome"
        ) { try await $0.change(.enable($1.name, true), $1) },
        ControlRoute(
            .post, "/v1/services/{name}/disable", "Has a service not run, now and after a new start.",
            RouteParameter.change, traits: .change, answers: "Outcome"
        ) { try await $0.change(.enable($1.name, false), $1) },
        ControlRoute(
            .post, "/v1/services/{name}/restart",
            "Has another one with the same settings take the place of a running service, or of all in a group.",
            traits: .change, answers: "Restarted"
        ) { routes, request in
            try await routes.application.restart(request.name, by: routes.authorship(request))
            return ["restarted": request.name]
        },
        ControlRoute(
            .get, "/v1/services/{name}",
            "A service as a description writes it, or what a path with keys, such as web.listen, leads to.",
            [.at], traits: .conditional, answers: "Anything"
        ) { try await $0.service($1) },
        ControlRoute(
            .put, "/v1/services/{name}", "Puts another description in place of a service's, or adds the service.",
            RouteParameter.change, body: RouteBody(schema: "Service"), traits: .change,
            answers: [RouteAnswer(200, "Outcome"), RouteAnswer(201, "Outcome")]
        ) { try await $0.replace($1) },
        ControlRoute(
            .patch, "/v1/services/{name}", "Changes a service by a JSON merge patch (RFC 7396).",
            RouteParameter.change, body: RouteBody(schema: "Patch", otherTypes: [RouteBody.mergePatch]),
            traits: .change,
            answers: "Outcome"
        ) { try await $0.change(.merge(service: $1.name, patch: $1.body), $1) },
        ControlRoute(
            .delete, "/v1/services/{name}", "Removes a service, with all that is in it.", RouteParameter.change,
            traits: .change, answers: "Outcome"
        ) { try await $0.change(.remove($1.name), $1) },
    ]

    private func change(_ edit: Edit, _ request: ControlRequest) async throws -> ChangeOutcome {
        try await change(ChangeRequest([edit]), request)
    }

    /// Adds a service, and answers its name besides.
    private func add(_ request: ControlRequest) async throws -> ControlResponse {
        var wanted = ChangeRequest([.add(request.body, group: request.query["group"])])
        wanted.folder = request.query["folder"]
        let outcome = try await change(wanted, request)
        var answer = try DatumEncoder().encode(outcome).object ?? [:]
        let name = outcome.plan.services.last?.name
        answer["name"] = name.map { .string($0) }
        var response = try ControlResponse(Datum.object(answer), status: 201)
        response.location = name.map(ControlRoutes.location)
        return response
    }

    private func replace(_ request: ControlRequest) async throws -> ControlResponse {
        let name = request.name
        let outcome = try await change(.replace(service: name, with: request.body), request)
        let isNew = outcome.plan.services.contains { step in
            step.name == name && step.changes.contains { $0.path == name && $0.from == .null }
        }
        var response = try ControlResponse(outcome, status: isNew ? 201 : 200)
        response.location = isNew ? ControlRoutes.location(name) : nil
        return response
    }

    /// Names of services have no letter that would have to be escaped.
    private static func location(_ name: String) -> String { "/v1/services/\(name)" }

    private func service(_ request: ControlRequest) async throws -> Datum {
        let (path, point) = (request.name, request.query["at"])
        guard !path.contains(".") else { return try await application.contents(of: path, at: point) }
        var datum = try await application.description(at: point)
        for name in path.split(separator: "/") {
            guard case .array(let services)? = datum.object?["services"],
                let found = services.first(where: { $0.object?["name"]?.string == String(name) })
            else { throw ControlError.unknownPath(path, problem: "there is no such service") }
            datum = found
        }
        return datum
    }
}

extension ControlRequest {
    /// The name that the path captured.
    var name: String { captured["name"] ?? "" }
}
