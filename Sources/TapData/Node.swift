/// A place in a text: line and column from 1, columns counted in characters (Unicode scalars).
package struct Position: Sendable, Equatable, Comparable, CustomStringConvertible {
    package var line: Int
    package var column: Int
    /// Which document of the text it is in, from 0; its first line is line 1.
    package var document: Int

    package init(line: Int, column: Int, document: Int = 0) {
        self.line = line
        self.column = column
        self.document = document
    }

    package var description: String { "\(line):\(column)" }

    package static func < (left: Position, right: Position) -> Bool {
        (left.document, left.line, left.column) < (right.document, right.line, right.column)
    }
}

/// A tree of data together with the places it was read from, so that an error can point at its cause.
package struct Node: Sendable {
    package enum Content: Sendable {
        case scalar(Datum)
        case array([Node])
        case object([Member])
    }

    package struct Member: Sendable {
        package var key: String
        package var keyStart: Position
        /// Where the key stands, with its quotes: offsets in the UTF-8 of the text.
        package var keyRange: Range<Int>
        package var value: Node

        package init(key: String, keyStart: Position, keyRange: Range<Int>, value: Node) {
            self.key = key
            self.keyStart = keyStart
            self.keyRange = keyRange
            self.value = value
        }
    }

    package var content: Content
    /// Where the first character of the value stands.
    package var start: Position
    /// Where all of the value stands, with its quotes, brackets and anchor: offsets in the UTF-8 of the text.
    ///
    /// Empty for a value that is not written; that of the alias for a value, and all in it, that an alias stands for.
    package var range: Range<Int>

    package init(_ content: Content, start: Position, range: Range<Int>) {
        self.content = content
        self.start = start
        self.range = range
    }

    /// A tree that was not read from a text: all of it stands at the beginning.
    package init(_ datum: Datum) {
        let start = Position(line: 1, column: 1)
        switch datum {
        case .array(let elements): self.init(.array(elements.map { Node($0) }), start: start, range: 0..<0)
        case .object(let object):
            let members = object.members.map {
                Member(key: $0.key, keyStart: start, keyRange: 0..<0, value: Node($0.value))
            }
            self.init(.object(members), start: start, range: 0..<0)
        default: self.init(.scalar(datum), start: start, range: 0..<0)
        }
    }

    /// The same tree without places.
    ///
    /// Of a key that stands twice the first counts; readers refuse such texts.
    package var datum: Datum {
        switch content {
        case .scalar(let datum): return datum
        case .array(let elements): return .array(elements.map(\.datum))
        case .object(let members):
            var object = DatumObject()
            for member in members where object[member.key] == nil { object[member.key] = member.value.datum }
            return .object(object)
        }
    }

    /// The members, when this is an object.
    package var members: [Member]? {
        if case .object(let members) = content { members } else { nil }
    }

    /// The member of a key.
    package func member(_ key: String) -> Member? { members?.first { $0.key == key } }

    /// The value at a path.
    package subscript(path: some Collection<PathStep>) -> Node? {
        guard let step = path.first else { return self }
        let rest = path.dropFirst()
        switch (step, content) {
        case (.key(let key), .object(let members)): return members.first { $0.key == key }?.value[rest]
        case (.index(let index), .array(let elements)) where elements.indices.contains(index):
            return elements[index][rest]
        default: return nil
        }
    }

    /// Where the value at a path starts, or the nearest value around it that is there.
    package func position(at path: some Collection<PathStep>) -> Position {
        guard let step = path.first else { return start }
        let rest = path.dropFirst()
        switch (step, content) {
        case (.key(let key), .object(let members)):
            return members.first { $0.key == key }?.value.position(at: rest) ?? start
        case (.index(let index), .array(let elements)) where elements.indices.contains(index):
            return elements[index].position(at: rest)
        default: return start
        }
    }
}

/// One step down a tree.
package enum PathStep: Sendable, Equatable, CustomStringConvertible {
    case key(String)
    case index(Int)

    package var description: String {
        switch self {
        case .key(let key): key
        case .index(let index): "[\(index)]"
        }
    }
}

extension [PathStep] {
    /// The path as people write it: `limits.body`, `index[2]`.
    package var text: String {
        reduce(into: "") { text, step in
            if case .key = step, !text.isEmpty { text += "." }
            text += step.description
        }
    }
}

/// A text that can't be read, and where.
package struct SyntaxError: Error, Equatable, CustomStringConvertible {
    package var position: Position
    package var problem: String

    package init(_ problem: String, at position: Position) {
        self.problem = problem
        self.position = position
    }

    package var description: String { "\(position): \(problem)" }
}
