import TapData
import Taproom

/// The trees of a description's text: its own, and that of the one it extends.
struct DescriptionDocuments {
    let own: Node
    let extended: Extended?

    /// A description that another one extends.
    struct Extended {
        /// Its places are those in its own text, document 1; ranges are those in the text of both.
        let root: Node
        /// What errors call it.
        let name: String
        /// Where relative paths in it are taken from; nil: they stay as they are.
        let folder: String?
    }

    /// Reads a text.
    ///
    /// `file` is its name for errors; `folder`, that of the file, is where the path of the other one is taken from.
    /// Throws ``DescriptionError``.
    init(_ text: String, file: String, folder: String?) throws(DescriptionError) {
        let texts = DescriptionTexts(text)
        own = try DescriptionDocuments.tree(texts.own, file, names: nil)
        guard let path = try DescriptionDocuments.extended(by: own, file) else {
            // What a second document is that nobody asked for is said like any other mistake.
            if texts.extended != nil { _ = try DescriptionDocuments.tree(text, file, names: nil) }
            extended = nil
            return
        }
        guard let other = texts.extended else {
            throw DescriptionError(
                file, path.position, "extends",
                "names a file, and none is read for what is not in a file itself: write the whole description"
                    + " \"\(path.text)\" behind this one, after a line ---")
        }
        let name = DescriptionDocuments.name(of: path.text, beside: file)
        let root = try DescriptionDocuments.tree(other, file, names: name)
        if let further = try DescriptionDocuments.extended(by: root, name) {
            throw DescriptionError(
                name, further.position, "extends",
                "has no place in a description that is extended itself, by \(file): only one may be below another")
        }
        let place = LocalPath(path.text, in: folder).text
        extended = Extended(
            root: root.moved(toDocument: 1, by: texts.extendedOffset), name: name,
            folder: place.hasPrefix("/") ? LocalPath("..", in: place).text : nil)
    }

    private static func tree(_ text: String, _ file: String, names other: String?) throws(DescriptionError) -> Node {
        do throws(SyntaxError) {
            return try DescriptionReader.tree(text)
        } catch {
            throw DescriptionError(other ?? file, error.position, "", error.problem)
        }
    }

    /// The path of the file that a description extends, as it is written.
    static func extended(by root: Node, _ file: String) throws(DescriptionError) -> (text: String, position: Position)?
    {
        guard let value = root.member("extends")?.value, value.datum != .null else { return nil }
        guard let text = value.datum.string, !text.isEmpty, !text.utf8.contains(0) else {
            throw DescriptionError(
                file, value.start, "extends",
                "must be the path of a description, but is \(JSONWriter.line(value.datum))")
        }
        return (text, value.start)
    }

    /// What a file is called that is named in another: `conf/seed.yaml` for `seed.yaml` in `conf/site.yaml`.
    static func name(of path: String, beside file: String) -> String {
        guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
        return file[...slash] + path
    }
}

extension DescriptionError {
    /// One thing that is wrong.
    init(_ file: String, _ position: Position, _ path: String, _ text: String) {
        self.init(
            file: file, problems: [.init(line: position.line, column: position.column, path: path, text: text)])
    }
}

extension Node {
    /// The same tree as one in a text of several documents.
    fileprivate func moved(toDocument document: Int, by offset: Int) -> Node {
        var content = content
        switch content {
        case .scalar: break
        case .array(let elements): content = .array(elements.map { $0.moved(toDocument: document, by: offset) })
        case .object(let members):
            content = .object(
                members.map { member in
                    var member = member
                    member.keyStart.document = document
                    member.keyRange = (member.keyRange.lowerBound + offset)..<(member.keyRange.upperBound + offset)
                    member.value = member.value.moved(toDocument: document, by: offset)
                    return member
                })
        }
        let range = (range.lowerBound + offset)..<(range.upperBound + offset)
        return Node(
            content, start: Position(line: start.line, column: start.column, document: document), range: range)
    }
}
