/// The path of a route: words, and names in braces for what may stand there, as OpenAPI writes them.
///
/// `{name}` takes the path of a service, which may be of several steps: `backends/api`, or `backends%2Fapi` as OpenAPI
/// would have it. So a plain `/v1/services/web/restart` means the verb, and a service of that name is written with `%2F`.
struct RoutePath: Sendable, ExpressibleByStringLiteral {
    let template: String
    private let steps: [String]

    init(stringLiteral template: String) {
        self.template = template
        steps = template.split(separator: "/").map(String.init)
    }

    /// The names in braces.
    var names: [String] { steps.filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) } }

    /// What stands for the names in a path; nil: it is another path.
    func match(_ path: [String]) -> [String: String]? {
        let isLong = steps.contains("{name}") && steps.first == "v1" && steps.count > 1 && steps[1] == "services"
        guard path.count == steps.count || isLong && path.count > steps.count else { return nil }
        var captured: [String: String] = [:]
        var rest = path[...]
        for (number, step) in steps.enumerated() {
            let count = step == "{name}" ? rest.count - (steps.count - number - 1) : 1
            let taken = rest.prefix(count)
            rest = rest.dropFirst(count)
            if step.hasPrefix("{") {
                captured[String(step.dropFirst().dropLast())] = taken.joined(separator: "/")
            } else if taken.first != step {
                return nil
            }
        }
        return captured
    }
}
