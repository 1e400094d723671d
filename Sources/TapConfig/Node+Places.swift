package import TapData

extension Node {
    /// Where the last key of a path stands, or the nearest value around it that is there.
    package func keyPosition(at path: [PathStep]) -> Position {
        guard case .key(let last)? = path.last else { return position(at: path) }
        var node: Node? = self
        for step in path.dropLast() {
            switch (step, node?.content) {
            case (.key(let key), _): node = node?.member(key)?.value
            case (.index(let index), .array(let elements)?):
                node = elements.indices.contains(index) ? elements[index] : nil
            default: node = nil
            }
        }
        return node?.member(last)?.keyStart ?? position(at: path)
    }

    /// Where a wrong value stands in its text.
    ///
    /// When a word without quotes goes on in another line, that line is shown: its colon is missing more often than not.
    package func placeOfMistake(in text: String) -> Position {
        guard case .scalar(.string) = content, range.count > 1 else { return start }
        let bytes = text.utf8.dropFirst(range.lowerBound).prefix(range.count)
        guard let first = bytes.first, !"\"'|>&*".utf8.contains(first),
            let end = bytes.firstIndex(of: UInt8(ascii: "\n"))
        else { return start }
        let rest = bytes[end...].prefix { " \t\r\n".utf8.contains($0) }
        let lines = rest.count { $0 == UInt8(ascii: "\n") }
        let column = rest.reversed().prefix { $0 != UInt8(ascii: "\n") }.count
        return Position(line: start.line + lines, column: column + 1)
    }

    /// Where an error in this tree is shown: an unknown key itself, everything else by its value.
    package func place(of error: DataError, in text: String) -> Position {
        guard !error.problem.hasPrefix("is not known") else { return keyPosition(at: error.path) }
        return self[error.path].map { $0.placeOfMistake(in: text) } ?? position(at: error.path)
    }
}
