import TapControl
import TapData
package import TapFile

/// All that a tap holds, as text: equal texts mean that nothing is lost and nothing came to it.
package enum WholeContent {
    /// The text of a tap: its history, its base, settings and state now and at every revision.
    ///
    /// Times are left out, so that two runs of one scenario compare. Throws what reading throws.
    package static func text(of tap: Tap) throws -> String {
        let history = try tap.history()
        let (numbers, latest) = (history.map(\.revision), try tap.latestRevision())
        guard numbers.last == latest, zip(numbers, numbers.dropFirst()).allSatisfy(<) else {
            throw TortureError("the revisions are \(numbers), the latest \(latest)")
        }
        var lines = history.map { revision in
            "\(revision.revision) \(revision.kind) \(revision.status) \(revision.author) \(revision.origin) "
                + "\"\(revision.comment)\" \(revision.snapshot ?? "-")"
        }
        if let waiting = try tap.confirmation() {
            lines.append("unconfirmed: \(waiting.revision) or \(waiting.fallback)")
        }
        if let base = try tap.base() { lines.append("base \(base.name): \(JSONWriter.line(.string(base.text)))") }
        lines.append("now: " + JSONWriter.line(try tap.contents(of: nil, at: nil)))
        for revision in history {
            lines.append(
                "\(revision.revision): " + JSONWriter.line(try tap.contents(of: nil, at: "\(revision.revision)")))
        }
        return lines.joined(separator: "\n")
    }
}
