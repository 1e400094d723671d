import TapData
import Taproom

/// A text in a description that is stored as its hash.
struct HashedText {
    var position: Position
    var path: String
    /// As it is written.
    var text: String
    var hash: String

    /// The paths of the texts in given settings that became hashes, with these.
    static func paths(_ given: Datum, stored: Datum, at path: [PathStep] = []) -> [(
        path: [PathStep], text: String, hash: String
    )] {
        switch (given, stored) {
        case (.string(let text), .string(let hash)):
            text != hash && hash.hasPrefix("$argon2id$") ? [(path, text, hash)] : []
        case (.object(let given), .object(let stored)):
            given.members.flatMap { paths($0.value, stored: stored[$0.key] ?? .null, at: path + [.key($0.key)]) }
        case (.array(let given), .array(let stored)):
            zip(given, stored).enumerated().flatMap { paths($1.0, stored: $1.1, at: path + [.index($0)]) }
        // A list of one is stored as a single value.
        case (.array(let given), .string) where given.count == 1:
            paths(given[0], stored: stored, at: path + [.index(0)])
        default: []
        }
    }

    /// A description with the hashes in place of the texts.
    ///
    /// Answers nil for a text that is written over several lines. Whoever calls this reads the result again: only then is
    /// it sure that it says the same.
    static func replace(_ items: [HashedText], in text: String) -> String? {
        var texts = DescriptionTexts(text)
        guard let extended = texts.extended, items.contains(where: { $0.position.document > 0 }) else {
            return replaceInDocument(items, in: text)
        }
        guard let own = replaceInDocument(items.filter { $0.position.document == 0 }, in: texts.own),
            let other = replaceInDocument(items.filter { $0.position.document > 0 }, in: extended)
        else { return nil }
        (texts.own, texts.extended) = (own, other)
        return texts.joined
    }

    /// `text` is that of the document that all of them are in.
    private static func replaceInDocument(_ items: [HashedText], in text: String) -> String? {
        var scalars = String.UnicodeScalarView(text.unicodeScalars)
        for item in items.sorted(by: { $0.position > $1.position }) {
            guard let start = index(of: item.position, in: scalars),
                let end = end(of: item.text, at: start, in: scalars)
            else { return nil }
            scalars.replaceSubrange(start..<end, with: "\"\(item.hash)\"".unicodeScalars)
        }
        return String(scalars)
    }

    private static func index(of position: Position, in scalars: String.UnicodeScalarView) -> String.Index? {
        var (index, line) = (scalars.startIndex, 1)
        while line < position.line {
            guard let end = scalars[index...].firstIndex(of: "\n") else { return nil }
            (index, line) = (scalars.index(after: end), line + 1)
        }
        return scalars.index(index, offsetBy: position.column - 1, limitedBy: scalars.endIndex)
    }

    /// Where a text ends that is written plainly or in quotes.
    private static func end(
        of text: String, at start: String.Index, in scalars: String.UnicodeScalarView
    ) -> String.Index? {
        guard start < scalars.endIndex else { return nil }
        let quote = scalars[start]
        guard quote == "\"" || quote == "'" else {
            let written = scalars[start...].prefix(text.unicodeScalars.count)
            return written.elementsEqual(text.unicodeScalars) ? written.endIndex : nil
        }
        var index = scalars.index(after: start)
        while index < scalars.endIndex, scalars[index] != "\n" {
            let next = scalars.index(after: index)
            switch scalars[index] {
            case "\\" where quote == "\"" && next < scalars.endIndex: index = scalars.index(after: next)
            case "'" where quote == "'" && next < scalars.endIndex && scalars[next] == "'":
                index = scalars.index(after: next)
            case quote: return next
            default: index = next
            }
        }
        return nil
    }
}
