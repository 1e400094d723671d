import TapData
import Taproom

/// The description of the API, made of the routes that dispatch it (OpenAPI 3.1.1).
enum OpenAPI {
    /// The document.
    ///
    /// Throws `SyntaxError` when our own schemas are no JSON.
    static func document() throws -> Datum {
        var paths = DatumObject()
        for route in ControlRoutes.table {
            var item = paths[route.path.template]?.object ?? [:]
            item[route.method.rawValue.lowercased()] = operation(route)
            paths[route.path.template] = .object(item)
        }
        let bearer: DatumObject = [
            "type": .string("http"), "scheme": .string("bearer"),
            "description": .string("On TCP; on the unix socket the system says who asks."),
        ]
        return .object([
            "openapi": .string("3.1.1"),
            "info": .object([
                "title": .string("Taproom"), "version": .string(ProgramVersion.text),
                "description": .string("Controls a network application that runs."),
            ]),
            "security": .array([.object([:]), .object(["bearer": .array([])])]),
            "paths": .object(paths),
            "components": .object([
                "schemas": try schemas(),
                "securitySchemes": .object(["bearer": .object(bearer)]),
            ]),
        ])
    }

    private static func schemas() throws -> Datum {
        var all = DatumObject()
        for text in [OpenAPISchemas.answers, OpenAPISchemas.changes, OpenAPISchemas.requests] {
            for (name, schema) in try JSONReader.read(text).datum.object?.members ?? [] { all[name] = schema }
        }
        return .object(all)
    }

    private static func operation(_ route: ControlRoute) -> Datum {
        var operation: DatumObject = [
            "operationId": .string(identifier(route)), "summary": .string(route.summary),
            "description": .string("Needs the role \(route.role.rawValue)."),
            "parameters": .array(parameters(route)),
        ]
        if let body = route.body {
            let content = body.types.map { ($0, media(RouteBody.yaml.contains($0) ? nil : body.schema)) }
            operation["requestBody"] = .object([
                "required": .bool(body.isRequired), "content": .object(DatumObject(content)),
            ])
        }
        operation["responses"] = .object(responses(route))
        return .object(operation)
    }

    /// The method and the words of the path: `post_services_restart`.
    private static func identifier(_ route: ControlRoute) -> String {
        let words = route.path.template.split(separator: "/").filter { $0 != "v1" }
            .map { String($0).replacing("{", with: "by_").replacing("}", with: "").replacing(".", with: "_") }
        return ([route.method.rawValue.lowercased()] + words).joined(separator: "_")
    }

    private static func parameters(_ route: ControlRoute) -> [Datum] {
        var parameters = route.path.names.map { name in
            let meaning =
                name == "name"
                ? "Its name; in the path of a service in a group the slash is %2F, or a slash." : "Its number."
            let type = name == "number" ? Datum.schema("integer") : .schema("string")
            return parameter(name, "path", meaning, type, isRequired: true)
        }
        parameters += route.parameters.map {
            parameter($0.name, "query", $0.meaning, $0.schema, isRequired: $0.isRequired)
        }
        if !route.traits.contains(.watching) {
            parameters.append(
                parameter("If-Match", "header", "Only when one of these is the revision.", .schema("string")))
        }
        if route.traits.contains(.conditional) {
            parameters.append(
                parameter("If-None-Match", "header", "Only when none of these is the revision.", .schema("string")))
        }
        if route.answers.contains(where: { $0.mediaType == EventText.mediaType }) {
            parameters.append(
                parameter("Last-Event-ID", "header", "The last revision that is known.", .schema("integer")))
        }
        return parameters
    }

    private static func parameter(
        _ name: String, _ place: String, _ meaning: String, _ schema: Datum, isRequired: Bool = false
    ) -> Datum {
        .object([
            "name": .string(name), "in": .string(place), "description": .string(meaning),
            "required": .bool(isRequired), "schema": schema,
        ])
    }

    private static func responses(_ route: ControlRoute) -> DatumObject {
        var responses = DatumObject()
        for answer in route.answers {
            var response = responses[String(answer.status)]?.object ?? response("It is done.", route)
            if let type = answer.mediaType {
                var content = response["content"]?.object ?? [:]
                content[type] = media(answer.schema)
                response["content"] = .object(content)
            }
            responses[String(answer.status)] = .object(response)
        }
        if route.traits.contains(.conditional) {
            responses["304"] = .object(response("The asker has it already.", route))
        }
        for status in route.problems where responses[String(status)] == nil {
            var response = response(Problem.title(of: status), route)
            response["content"] = .object([Problem.mediaType: media("Problem")])
            responses[String(status)] = .object(response)
        }
        return responses
    }

    private static func response(_ meaning: String, _ route: ControlRoute) -> DatumObject {
        var response: DatumObject = ["description": .string(meaning)]
        if !route.traits.contains(.watching) {
            response["headers"] = .object([
                "ETag": .object([
                    "description": .string("The active revision."),
                    "schema": .object(["type": .string("string"), "pattern": .string("^\"[0-9]+\"$")]),
                ])
            ])
        }
        return response
    }

    /// Contents of a media type: JSON of a schema, or text.
    private static func media(_ schema: String?) -> Datum {
        .object([
            "schema": schema.map { .object(["$ref": .string("#/components/schemas/\($0)")]) } ?? .schema("string")
        ])
    }
}

extension DatumObject {
    fileprivate init(_ members: [(String, Datum)]) {
        self.init()
        for (key, value) in members { self[key] = value }
    }
}
