import TapConfig
import TapControl
import TapData

/// What a change does or did, for people.
enum ChangeText {
    /// More services than these are counted and not named.
    private static let mostNames = 10

    /// What happens to each service, and what is different in it.
    static func text(_ plan: ChangePlan) -> String {
        var lines = plan.application.map { "\(line($0)) (from the next start on)" }
        for step in plan.services {
            let former = step.formerName.map { " (was \($0))" } ?? ""
            lines.append("\(step.name)\(former): \(word(step))")
            // Of what comes or goes as a whole it is enough to know that.
            guard step.changes.allSatisfy({ $0.from != .null && $0.to != .null || $0.path != step.name }) else {
                continue
            }
            lines += step.changes.map { "    \(line($0))" }
        }
        if !plan.unchanged.isEmpty {
            let names = plan.unchanged.joined(separator: ", ")
            lines.append(
                plan.unchanged.count > mostNames ? "\(plan.unchanged.count) services: unchanged" : "\(names): unchanged"
            )
        }
        return lines.map { $0 + "\n" }.joined()
    }

    /// What came of a change.
    static func text(_ outcome: ChangeOutcome, _ tap: String, _ invocation: Invocation) -> String {
        guard let revision = outcome.revision else { return "\(tap): nothing to change\n" }
        let confirmation = outcome.confirmUntil.map {
            "It is taken back at \($0) unless you confirm it: \(invocation.inside == nil ? "tapctl confirm \(tap)" : "confirm")\n"
        }
        return "\(tap): revision \(revision)\n" + text(outcome.plan) + (confirmation ?? "")
    }

    private static func line(_ difference: Difference) -> String {
        let (from, to) = (value(difference.from), value(difference.to))
        return "\(difference.path): \(from) -> \(to)"
    }

    private static func value(_ datum: Datum) -> String { datum == .null ? "default" : JSONWriter.line(datum) }

    private static func word(_ step: ChangePlan.Step) -> String {
        let places = step.opens.isEmpty ? "" : " on \(step.opens.joined(separator: ", "))"
        return switch step.action {
        case .unchanged: "unchanged for now, it does not run"
        case .update: "live change"
        case .rebind: "socket rebound\(places)"
        case .restart: "restart"
        case .start: "start"
        case .stop: "stop"
        }
    }
}
