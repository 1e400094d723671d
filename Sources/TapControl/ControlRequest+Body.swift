import TapData
import Taproom

extension ControlRequest {
    /// The largest body, in bytes: the largest description (16 MiB), with what JSON makes of its line ends and quotes.
    static let maximumBodyBytes = 32 << 20

    /// Reads the body as a route takes it: JSON becomes data, other text stays text.
    ///
    /// Throws ``ControlError`` for another type, for what is no JSON, and when there is none and must be.
    mutating func readBody(of route: ControlRoute) throws(ControlError) {
        guard let taken = route.body else { return }
        guard let text else {
            if taken.isRequired, body == .null { throw .badRequest("a body is needed") }
            return
        }
        let type = mediaType ?? RouteBody.json
        guard taken.types.contains(type) else { throw .mediaType(type, taken: taken.types) }
        guard !RouteBody.yaml.contains(type) else { return }
        do throws(SyntaxError) {
            body = try JSONReader.read(text).datum
        } catch {
            throw .badSyntax(error.problem, error.position)
        }
        // Else null would say as little as nothing at all.
        if body == .null { throw .badRequest("the body must not be null") }
    }

    /// Whether the body is a description, as YAML or as JSON, and no request.
    var isDescription: Bool { mediaType.map { RouteBody.yaml.contains($0) } == true || body.object?["taproom"] != nil }

    /// The body as a value of a type.
    ///
    /// Throws ``ControlError/badBody(_:)``, also for keys that are not known.
    func decode<Body: Decodable>(_ type: Body.Type) throws -> Body {
        let body = body == .null ? .object([:]) : body
        do throws(DataError) {
            let (value, unknown) = try DatumDecoder().decodeNotingUnknownKeys(type, from: body)
            guard unknown.isEmpty else { throw unknown[0] }
            return value
        } catch {
            throw ControlError.badBody(error)
        }
    }

    /// Refuses parameters in the query that the route does not have, and sees that those it needs are there.
    func checkQuery(of route: ControlRoute) throws(ControlError) {
        let names = route.parameters.map(\.name)
        if let unknown = query.keys.sorted().first(where: { !names.contains($0) }) {
            let hint = names.isEmpty ? " There are none here." : suggestion(for: unknown, among: names)
            throw .badRequest("the query has no \"\(unknown)\" here.\(hint)")
        }
        if let missing = route.parameters.first(where: { $0.isRequired && query[$0.name] == nil }) {
            throw .badRequest("the query needs \(missing.name)=")
        }
    }
}
