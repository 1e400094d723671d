import TapConfig
import TapData
import TapFile
import Taproom

/// All settings at once.
extension ControlRoutes {
    static let settingsRoutes: [ControlRoute] = [
        ControlRoute(
            .get, "/v1/application", "The description of the application.", [.at], traits: .conditional,
            answers: "Description"
        ) { try await $0.application.description(at: $1.query["at"]) },
        ControlRoute(
            .put, "/v1/application", "Puts another description in place of the application's; nothing is merged.",
            RouteParameter.change + [RouteParameter.description[0]],
            body: RouteBody(schema: "Description", otherTypes: RouteBody.yaml), traits: .change, answers: "Outcome"
        ) { try await $0.replaceAll($1) },
        ControlRoute(
            .post, "/v1/plan", "What a change would do to each service; nothing is done.",
            RouteParameter.change + RouteParameter.description,
            body: RouteBody(schema: "Change", otherTypes: RouteBody.yaml), traits: .change, answers: "Plan"
        ) { try await $0.application.plan(complete(changeRequest($1), $1)) },
        ControlRoute(
            .post, "/v1/apply", "Makes a change: all of it or nothing, as one revision.",
            RouteParameter.change + RouteParameter.description,
            body: RouteBody(schema: "Change", otherTypes: RouteBody.yaml), traits: .change, answers: "Outcome"
        ) { try await $0.change(changeRequest($1), $1) },
        ControlRoute(
            .post, "/v1/confirm", "Says that the change that waits for it counts for good.", traits: .change,
            answers: "Made"
        ) { ["revision": try await $0.application.confirm(by: $0.authorship($1))] },
    ]

    /// Makes a change as the query says: with a remark, or until it is confirmed.
    func change(_ wanted: ChangeRequest, _ request: ControlRequest) async throws -> ChangeOutcome {
        let wanted = try ControlRoutes.complete(wanted, request)
        return try await application.change(wanted, by: authorship(request, wanted.comment))
    }

    private func replaceAll(_ request: ControlRequest) async throws -> ChangeOutcome {
        guard request.mediaType.map({ RouteBody.yaml.contains($0) }) == true else {
            return try await change(ChangeRequest([.replaceAll(with: request.body)]), request)
        }
        var wanted = ChangeRequest()
        wanted.description = try ControlRoutes.description(request)
        wanted.description?.replaces = true
        return try await change(wanted, request)
    }

    /// The body of `/v1/plan` and `/v1/apply`: a ``ChangeRequest``, or a description as it is.
    private static func changeRequest(_ request: ControlRequest) throws -> ChangeRequest {
        guard request.isDescription else {
            var wanted = try request.decode(ChangeRequest.self)
            if let side = try side(request) { wanted.description?.onConflict = side }
            return wanted
        }
        var wanted = ChangeRequest()
        wanted.description = try description(request)
        return wanted
    }

    private static func description(_ request: ControlRequest) throws -> DescriptionText {
        // The text as it was sent: mistakes have lines and columns of that.
        DescriptionText(
            text: request.text ?? JSONWriter.line(request.body), file: request.query["file"] ?? "description",
            onConflict: try side(request))
    }

    private static func side(_ request: ControlRequest) throws -> Merge.Side? {
        try request.query["onConflict"].map { word in
            guard let side = Merge.Side(rawValue: word) else {
                throw ControlError.badRequest("onConflict must be file or running, but is \"\(word)\"")
            }
            return side
        }
    }

    private static func complete(_ wanted: ChangeRequest, _ request: ControlRequest) throws -> ChangeRequest {
        var wanted = wanted
        if let comment = request.query["comment"] { wanted.comment = comment }
        if let text = request.query["confirm"] {
            guard let limit = TimeSpan(text) else {
                throw ControlError.badRequest("confirm must be a duration such as 10m, but is \"\(text)\"")
            }
            wanted.confirm = limit
        }
        return wanted
    }
}
