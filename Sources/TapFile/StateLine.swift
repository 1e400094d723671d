import TapData
import Taproom

/// A line of a state text: one value, and where it belongs.
struct StateLine: Equatable {
    /// The path of the service.
    var service: String
    var cell: String
    var key: StateKey = .cell
    var value: StoredValue

    /// The line without its end; nil when the value is no CBOR.
    ///
    /// The value is JSON when it is read again as the same bytes, otherwise the bytes themselves.
    var text: String? {
        guard let datum = try? CBOR.decode(value.bytes) else { return nil }
        let plain = text("value", datum)
        return (try? StateLine(plain)) == self ? plain : text("cbor", .bytes(value.bytes))
    }

    private func text(_ member: String, _ datum: Datum) -> String {
        var line: DatumObject = ["service": .string(service), "cell": .string(cell)]
        switch key {
        case .cell: break
        case .integer(let integer): line["key"] = .integer(integer)
        case .text(let text): line["key"] = .string(text)
        case .bytes(let bytes): line["key-bytes"] = .bytes(bytes)
        }
        line["version"] = .integer(Int64(value.version))
        line[member] = datum
        return JSONWriter.line(.object(line))
    }

    /// Reads a line.
    init(_ text: String) throws(StateLineProblem) {
        let members: [Node.Member]
        do throws(SyntaxError) {
            guard let found = try JSONReader.read(text).members else {
                throw SyntaxError("must be a group of keys", at: Position(line: 1, column: 1))
            }
            members = found
        } catch {
            throw StateLineProblem(error.problem, column: error.position.column)
        }
        var fields = StateLineFields()
        for member in members { try fields.take(member) }
        self = try fields.line()
    }

    init(service: String, cell: String, key: StateKey = .cell, value: StoredValue) {
        (self.service, self.cell, self.key, self.value) = (service, cell, key, value)
    }
}

/// What is wrong with a line of a state text.
package struct StateLineProblem: Error, Equatable {
    /// Counted in characters from 1; nil: the whole line.
    package var column: Int?
    package var problem: String
    package var advice: String

    package init(_ problem: String, column: Int? = nil, advice: String = "Mend the line, or export the state again.") {
        (self.column, self.problem, self.advice) = (column, problem, advice)
    }
}

/// The members of a line as they are met.
private struct StateLineFields {
    private var service: String?
    private var cell: String?
    private var key: StateKey?
    private var version: Int?
    private var bytes: [UInt8]?

    mutating func take(_ member: Node.Member) throws(StateLineProblem) {
        let datum = member.value.datum
        switch (member.key, datum) {
        case ("service", .string(let text)): service = text
        case ("cell", .string(let text)): cell = text
        case ("key", .string(let text)): try set(&key, .text(text), member)
        case ("key", .integer(let integer)): try set(&key, .integer(integer), member)
        case ("key-bytes", .string(let text)):
            // None at all would stand for a cell.
            guard let bytes = Base64.decode(text), !bytes.isEmpty else { throw wrong(member, "must be base64") }
            try set(&key, .bytes(bytes), member)
        case ("version", .integer(let number)):
            guard number >= 1, let number = Int(exactly: number) else {
                throw wrong(member, "must be a number from 1, but is \(number)")
            }
            version = number
        case ("value", _): try set(&bytes, CBOR.encode(datum), member)
        case ("cbor", .string(let text)):
            guard let content = Base64.decode(text) else { throw wrong(member, "must be base64") }
            do throws(CBORError) { _ = try CBOR.decode(content) } catch { throw wrong(member, "is no CBOR: \(error)") }
            try set(&bytes, content, member)
        case ("service", _), ("cell", _), ("key-bytes", _), ("cbor", _):
            throw wrong(member, "must be text, but is \(datum.typeName)")
        case ("key", _): throw wrong(member, "must be text or a whole number, but is \(datum.typeName)")
        case ("version", _): throw wrong(member, "must be a whole number, but is \(datum.typeName)")
        default: throw wrong(member, "is no key of a state text")
        }
    }

    private func set<Value>(
        _ place: inout Value?, _ value: Value, _ member: Node.Member
    ) throws(StateLineProblem) {
        guard place == nil else { throw wrong(member, "stands beside another of its sort") }
        place = value
    }

    private func wrong(_ member: Node.Member, _ problem: String) -> StateLineProblem {
        StateLineProblem("\"\(member.key)\" \(problem)", column: member.keyStart.column)
    }

    func line() throws(StateLineProblem) -> StateLine {
        guard let service else { throw missing("service") }
        guard let cell else { throw missing("cell") }
        guard let version else { throw missing("version") }
        guard let bytes else { throw missing("value") }
        return StateLine(
            service: service, cell: cell, key: key ?? .cell, value: StoredValue(version: version, bytes: bytes))
    }

    private func missing(_ key: String) -> StateLineProblem { StateLineProblem("has no \"\(key)\"") }
}
