package import Taproom

/// State as text that people can read and compare, and that a new tap can begin with.
///
/// JSON Lines: the first line names the format, each further one is one value, the last one says that nothing is missing.
/// Services are in the order of their paths, cells and tables in that of their names, rows in that of their keys, so equal
/// state makes equal bytes. docs/state.md explains it to people; the two change together.
package enum StateText {
    /// The format that this program writes, and reads.
    package static let format = 1

    /// The member of the first and the last line, by which the text is known.
    static let mark = "taproom-state"
    static let firstLine = #"{"\#(mark)":\#(format)}"#
    static let lastLine = #"{"\#(mark)":"end"}"#

    /// How many bytes are handed over at once, or a few more.
    private static let chunkBytes = 1 << 16

    /// Writes what the services of a tap remember now.
    ///
    /// Holds one value at a time, however many there are. State of services that are gone is left out. When the tap is
    /// written meanwhile, this is one moment of it only inside of a transaction: see ``TapMoment``.
    ///
    /// - Parameters:
    ///   - tap: the tap.
    ///   - sink: takes the text, a piece after the other.
    /// - Returns: how many values it wrote.
    /// - Throws: ``TapFileError``, also `.damaged` for a value that is no CBOR, and what `sink` throws.
    @discardableResult
    package static func write(of tap: Tap, to sink: ([UInt8]) throws -> Void) throws -> Int {
        var chunk = Array((firstLine + "\n").utf8)
        var count = 0
        for (path, identity) in try tap.identities().sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) })
        {
            try tap.eachValue(of: identity) { cell, row in
                let line = StateLine(service: path, cell: cell, key: row.key, value: row.value)
                guard let text = line.text else {
                    let place = row.key == .cell ? cell : "\(cell).\(row.key.text)"
                    throw TapFileError.damaged(path: tap.path, problem: "\(path).state.\(place) can't be read")
                }
                chunk.append(contentsOf: text.utf8)
                chunk.append(UInt8(ascii: "\n"))
                count += 1
                guard chunk.count >= chunkBytes else { return }
                try sink(chunk)
                chunk.removeAll(keepingCapacity: true)
            }
        }
        chunk += Array((lastLine + "\n").utf8)
        try sink(chunk)
        return count
    }

    /// Reads a text and looks at every value with the kind of its service, in the order of the lines.
    ///
    /// Values of older versions are accepted when the kind can migrate them, and handed over as they are. That nothing
    /// stands twice is not looked at here.
    ///
    /// - Parameters:
    ///   - source: the text.
    ///   - application: whose state it is to be.
    ///   - kinds: the kinds of its services.
    ///   - body: is given each value, with the path of its service; what it throws as ``StateLineProblem`` is told with
    ///     the line.
    /// - Throws: ``StateTextError`` for the first line that is wrong, and what `body` throws.
    package static func read(
        _ source: StateTextSource, for application: Application, kinds: KindList,
        _ body: (_ service: String, _ cell: String, StoredRow) throws -> Void = { _, _, _ in }
    ) throws {
        var lines = StateTextLines(source)
        var expectation = StateExpectation(application, kinds)
        while let text = try lines.next() {
            do {
                let line = try StateLine(text)
                try expectation.check(line)
                try body(line.service, line.cell, StoredRow(key: line.key, value: line.value))
            } catch let problem as StateLineProblem {
                throw StateTextError.wrongLine(file: source.name, line: lines.number, problem)
            }
        }
    }
}

extension Tap {
    /// Hands over all that a service remembers now, in the order of cells and keys.
    fileprivate func eachValue(of service: Int64, _ body: (_ cell: String, StoredRow) throws -> Void) throws {
        try database.query(
            "SELECT cell, key, version, value FROM state WHERE service = ? ORDER BY cell, key", [.integer(service)]
        ) { row in
            let value = StoredValue(version: Int(row.integer(2)), bytes: row.blob(3))
            try body(row.text(0), StoredRow(key: row.key(1), value: value))
        }
    }
}
