import TapData
import TapLog
import Taproom

/// What is only looked at.
extension ControlRoutes {
    static let lookingRoutes: [ControlRoute] = [
        ControlRoute(.get, "/v1/status", "How the application and its services are.", answers: "Status") { routes, _ in
            try await routes.application.status()
        },
        ControlRoute(
            .get, "/v1/contents", "Settings and state as a tree, or what a path leads to in it.",
            [
                RouteParameter(
                    name: "path", meaning: "Such as web.listen or web.state.counters.", schema: .schema("string")),
                .at,
            ], traits: .missing, answers: "Anything"
        ) { try await $0.application.contents(of: $1.query["path"], at: $1.query["at"]) },
        ControlRoute(
            .get, "/v1/blame", "Who said that settings are what they are, and when.",
            [
                RouteParameter(
                    name: "path", meaning: "Only the settings below this path, such as web.listen.",
                    schema: .schema("string"))
            ], traits: .missing, answers: "Blames"
        ) { try await $0.application.blame($1.query["path"]) },
        ControlRoute(
            .get, "/v1/drift", "Where settings differ from the description that the application was made from.",
            traits: .missing, answers: "Drifts"
        ) { routes, _ in try await routes.application.drift(from: nil) },
        ControlRoute(
            .post, "/v1/drift", "Where settings differ from a description.",
            body: RouteBody(schema: "DescriptionText"), traits: .change, answers: "Drifts"
        ) { try await $0.application.drift(from: $1.decode(DescriptionText.self)) },
        ControlRoute(
            .get, "/v1/verify", "What is wrong with the stored data; nothing when the list is empty.",
            answers: "Texts"
        ) { routes, _ in try await routes.application.verify() },
        ControlRoute(
            .get, "/v1/logs", "The newest events of the log, oldest first.",
            [
                RouteParameter(
                    name: "lines", meaning: "How many.",
                    schema: .object([
                        "type": .string("integer"), "minimum": .integer(0),
                        "maximum": .integer(Int64(RecentLog.capacity)),
                        "default": .integer(Int64(usualLines)),
                    ])),
                RouteParameter(
                    name: "follow",
                    meaning: "Whether those that come are sent as they come, then an object a line.",
                    schema: .object(["type": .string("boolean"), "default": .bool(false)])),
            ], traits: .missing, answers: [RouteAnswer(200, "LogLines"), RouteAnswer(text: "application/x-ndjson")]
        ) { try $0.logs($1) },
        ControlRoute(
            .get, "/v1/openapi.json", "This description of the API.", answers: [RouteAnswer(200, "Anything")]
        ) { _, _ in ControlResponse(status: 200, body: .json(try OpenAPI.document()), revision: nil) },
    ]

    /// How many lines of the log are answered unless a number is asked for.
    package static let usualLines = 100

    /// The newest events, oldest first.
    ///
    /// With `follow=true` an object a line, and after those the events that come.
    private func logs(_ request: ControlRequest) throws -> ControlResponse {
        guard let logs else { throw unknown(request) }
        let count = try request.query["lines"].map { try number($0) } ?? ControlRoutes.usualLines
        switch request.query["follow"] {
        case nil, "false": return try ControlResponse(logs.newest(count))
        case "true":
            let stream = logs.follow(newest: count) { $0.json + "\n" }
            return ControlResponse(
                status: 200, body: .stream(stream, contentType: "application/x-ndjson"), revision: nil)
        case let other?: throw ControlError.badRequest("follow must be true or false, but is \"\(other)\"")
        }
    }

    private func number(_ text: String) throws -> Int {
        guard let number = Int(text), (0...RecentLog.capacity).contains(number) else {
            throw ControlError.badRequest(
                "lines must be a number from 0 to \(RecentLog.capacity), but is \"\(text)\"")
        }
        return number
    }
}
