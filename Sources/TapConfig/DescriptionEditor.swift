package import Taproom
import TapData

/// Changes a description as its writer would: only what shall say something else.
package enum DescriptionEditor {
    /// The text with everything changed in it that differs from an application; all else stays as it is, byte for byte.
    ///
    /// Services are matched by their names, settings by their keys. What says the same already, in whatever form, is not
    /// touched. The result was read again and says exactly what it shall.
    ///
    /// - Parameters:
    ///   - text: a description that can be read.
    ///   - extended: the text of the description that it extends, which stays as it is.
    ///   - file: its name, for errors, and for the application when it has none of its own.
    ///   - folder: where its relative paths are taken from; nil leaves them as they are.
    ///   - wanted: what it shall say.
    ///   - kinds: the kinds that may occur.
    /// - Returns: the changed text; the same when nothing differs.
    /// - Throws: ``DescriptionError`` when the text can't be read, ``DescriptionEditError`` when it can't be made to say what
    ///   is wanted.
    package static func edit(
        _ text: String, extending extended: String? = nil, file: String, folder: String?, to wanted: Application,
        kinds: KindList
    ) throws -> String {
        let whole = { (own: String) in extended.map { DescriptionTexts(own: own, extended: $0).joined } ?? own }
        let said = try DescriptionReader.read(whole(text), file: file, folder: folder, kinds: kinds)
        let (before, after) = (Description.datum(of: said), Description.datum(of: wanted))
        if before == after { return text }
        var problem = ""
        for editsItems in [true, false] {
            let read = closed(try EditedText(text))
            let (old, new) = try parts(of: read.root, extending: extended, file, from: before, to: after)
            let plan = EditPlan(read.root, from: old, to: new, editingItems: editsItems)
            var editing = TextEditing(read)
            if let failed = plan.changes.first(where: { !editing.make($0) }) {
                problem = "there is no way to write \(failed.path.isEmpty ? "it" : failed.path.text) in its place"
                continue
            }
            for result in results(editing.text, like: text) {
                do throws(DescriptionError) {
                    let again = try DescriptionReader.read(whole(result), file: file, folder: folder, kinds: kinds)
                    if Description.datum(of: again) == after { return result }
                    problem = "the changed text would not say what is wanted"
                } catch {
                    problem = "the changed text could not be read: \(error.problems[0].text)"
                }
            }
        }
        throw DescriptionEditError(file: file, problem: problem)
    }

    /// What a text says itself of what a description says, and of what it shall say.
    private static func parts(
        of own: Node, extending extended: String?, _ file: String, from before: Datum, to after: Datum
    ) throws -> (Datum, Datum) {
        guard let extended else { return (before, after) }
        let change = OverlayChange(own, over: try DescriptionReader.tree(extended), from: before, to: after)
        guard change.unwanted.isEmpty else {
            let names = change.unwanted.joined(separator: ", ")
            throw DescriptionEditError(
                file: file,
                problem: "the description that it extends has services that are gone or renamed now: \(names)")
        }
        return (change.before, change.after)
    }

    /// The text with an end of its last line, if it can say the same then.
    private static func closed(_ text: EditedText) -> EditedText {
        guard text.bytes.last != UInt8(ascii: "\n") else { return text }
        let end = Replacement(at: text.bytes.count, text.lineEnd)
        if let closed = text.replacing([end], expecting: text.root.datum) { return closed }
        // Text after | or > must say now that it does not end with that line end.
        guard let last = text.lastText(text.root) else { return text }
        let mark = Replacement(at: text.contentStart(last) + 1, "-")
        return text.replacing([mark, end], expecting: text.root.datum) ?? text
    }

    /// The text as it ended before, and as it is.
    private static func results(_ edited: EditedText, like original: String) -> [String] {
        let text = edited.text
        guard original.utf8.last != UInt8(ascii: "\n"), text.utf8.last == UInt8(ascii: "\n") else { return [text] }
        // A line feed after a carriage return is one character with it.
        let end = text.utf8.count - String(text.dropLast()).utf8.count
        let opened = Replacement((edited.bytes.count - end)..<edited.bytes.count, "")
        var ways = [[opened]]
        if let last = edited.lastText(edited.root), case let mark = edited.contentStart(last) + 1,
            edited.byte(mark) == UInt8(ascii: "-")
        {
            ways.insert([Replacement(mark..<(mark + 1), ""), opened], at: 0)
        }
        return ways.compactMap { edited.replacing($0, expecting: edited.root.datum)?.text } + [text]
    }
}

/// A description that can't be changed in its place.
package struct DescriptionEditError: ReportableError, Equatable {
    /// The name of the file.
    package var file: String
    /// Why it can't be changed, as a sentence without its full stop.
    package var problem: String

    package var exitStatus: ExitStatus { .configuration }

    package var description: String { "\(file): the file can't be edited in place: \(problem)" }

    package var advice: String? {
        "Print a new description with \"tapctl export\", and take over from the old one what shall stay."
    }
}
