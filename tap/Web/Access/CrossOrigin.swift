import NIOHTTP1
import Taproom

/// Tells browsers which pages of other sites may read answers (the Fetch Standard, "HTTP extensions: CORS protocol").
///
/// Shared by all event loops.
final class CrossOrigin: Sendable {
    typealias Fields = [(name: String, value: String)]

    /// For requests without an origin, and from one that may not read the answer.
    private let others: Fields
    private let byOrigin: [String: Fields]
    /// What the answer to the question of a browser has besides.
    private let permissions: Fields

    /// Nil when no origin is named.
    init?(_ settings: CrossOriginSettings) {
        let origins = settings.origins.elements
        guard !origins.isEmpty else { return nil }
        func fields(_ origin: String) -> Fields {
            var fields = [(name: "Access-Control-Allow-Origin", value: origin)]
            if settings.credentials { fields.append(("Access-Control-Allow-Credentials", "true")) }
            if !settings.exposes.elements.isEmpty {
                fields.append(("Access-Control-Expose-Headers", settings.exposes.elements.joined(separator: ", ")))
            }
            return fields
        }
        if origins == ["*"] {
            (others, byOrigin) = (fields("*"), [:])
        } else {
            // What is kept on the way has to be kept for each origin.
            let vary = [(name: "Vary", value: "Origin")]
            others = vary
            byOrigin = Dictionary(origins.map { ($0, fields($0) + vary) }) { first, _ in first }
        }
        var permissions = [
            (name: "Access-Control-Allow-Methods", value: settings.methods.elements.joined(separator: ", "))
        ]
        if !settings.headers.elements.isEmpty {
            permissions.append(("Access-Control-Allow-Headers", settings.headers.elements.joined(separator: ", ")))
        }
        if let age = settings.maxAge { permissions.append(("Access-Control-Max-Age", "\(age.milliseconds / 1000)")) }
        self.permissions = permissions
    }

    /// What the answers to a request say.
    ///
    /// A page without an origin of its own says `null`, as any may: it gets what everybody gets.
    private func fields(_ request: Request) -> Fields {
        guard !byOrigin.isEmpty, let origin = CrossOrigin.origin(request) else { return others }
        return byOrigin[origin] ?? others
    }

    private static func origin(_ request: Request) -> String? {
        let origins = request.lines.values("origin")
        return origins.count == 1 ? origins[0] : nil
    }

    /// The answer to a browser that asks what a page may do, before it is marked; nil: the request is none of that kind.
    func permission(_ request: Request) -> ResponseHead? {
        guard request.method == .OPTIONS, let origin = CrossOrigin.origin(request),
            request.lines.values("access-control-request-method").count == 1
        else { return nil }
        let head = ResponseHead(.noContent)
        return byOrigin.isEmpty || byOrigin[origin] != nil ? head.with(permissions) : head
    }

    /// Adds to an answer what browsers have to know.
    func mark(_ answer: Answer, _ request: Request) -> Answer {
        switch answer {
        case .response(let response):
            return .response(Response(response.head.with(fields(request)), body: response.body))
        case .handler(let handler, var terms):
            terms.fields += fields(request)
            terms.saysWhoMayRead = true
            return .handler(handler, terms)
        case .later(let later): return .later(later.map { [self] in mark($0, request) })
        }
    }
}
