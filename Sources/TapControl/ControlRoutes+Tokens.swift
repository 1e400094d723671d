import TapData
import TapFile
import Taproom

/// The tokens of those who ask over TCP; only the application's owner deals with them, through the unix socket.
extension ControlRoutes {
    static let tokenRoutes: [ControlRoute] = [
        ControlRoute(
            .get, "/v1/tokens", "The tokens, by name; nobody can tell their texts.", traits: .owner, answers: "Tokens"
        ) { routes, _ in try await routes.application.tokens() },
        ControlRoute(
            .post, "/v1/tokens", "Makes a token; its text is answered this once.",
            body: RouteBody(schema: "TokenRequest"), traits: [.owner, .change], answers: [RouteAnswer(201, "NewToken")]
        ) { routes, request in
            let wanted = try request.decode(TokenRequest.self)
            let token = try await routes.application.addToken(wanted.name, wanted.role)
            return try ControlResponse(NewToken(name: wanted.name, role: wanted.role, token: token), status: 201)
        },
        ControlRoute(
            .delete, "/v1/tokens/{name}", "Takes the right of a token away.", traits: [.owner, .change],
            answers: "Removed"
        ) { routes, request in
            try await routes.application.removeToken(request.name)
            return ["removed": request.name]
        },
    ]
}

/// The body of `POST /v1/tokens`.
struct TokenRequest: Codable {
    var name: String
    var role: ControlToken.Role
}

/// What `POST /v1/tokens` answers.
struct NewToken: Codable {
    var name: String
    var role: ControlToken.Role
    var token: String
}
