import Logging
import TapData

/// What a program says: one line of JSON.
enum ProgramMessage: Equatable {
    /// It serves.
    case ready
    /// A line for the log.
    case log(level: Logger.Level, text: String, fields: [String: String])
    /// A figure.
    case figure(name: String, labels: [String: String], Figure)
    /// It wants to know something that it remembers.
    case read(id: Datum, name: String, key: Datum?)
    /// It wants to know many rows.
    case rows(id: Datum, name: String, RowStretch)
    /// It wants to remember something.
    case change(id: Datum, [StateChange])
    /// It answers a question of ours; nil: yes.
    case answer(id: Int64, refusal: String?)

    /// What happens to a figure.
    enum Figure: Equatable {
        case add(Int64)
        case set(Double)
    }
}

/// A line that is no message.
struct BadMessage: Error, Equatable, CustomStringConvertible {
    var description: String
    /// What the program called its request; nil: nothing.
    var id: Datum?

    init(_ problem: String, id: Datum? = nil) { (description, self.id) = (problem, id) }
}

extension ProgramMessage {
    /// Reads a line.
    ///
    /// Keys that are not known are passed over, so that newer programs can say more. Throws ``BadMessage``.
    init(line: String) throws(BadMessage) {
        let datum: Datum
        do throws(SyntaxError) {
            datum = try JSONReader.read(line).datum
        } catch {
            throw BadMessage("is no JSON: \(error)")
        }
        guard let object = datum.object else { throw BadMessage("is no object") }
        try self.init(object)
    }

    private init(_ object: DatumObject) throws(BadMessage) {
        let words = ["ready", "log", "metric", "read", "rows", "change", "answer"]
        let found = words.filter { object[$0] != nil }
        guard found.count == 1 else {
            throw BadMessage("must have one of the keys \(words.joined(separator: ", "))", id: object["id"])
        }
        switch found[0] {
        case "ready": self = .ready
        case "log": self = try .log(object)
        case "metric": self = try .metric(object)
        case "answer": self = try .answer(object)
        default:
            guard let id = object["id"] else { throw BadMessage("a request has an \"id\", and this has none") }
            do throws(BadMessage) {
                self = try .request(object, id)
            } catch {
                throw BadMessage(error.description, id: id)
            }
        }
    }

    private static func log(_ object: DatumObject) throws(BadMessage) -> ProgramMessage {
        guard let text = object["log"]?.string else { throw BadMessage("\"log\" must be text") }
        let word = object["level"]?.string ?? "info"
        guard let level = Logger.Level(rawValue: word) else {
            let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw BadMessage("\"level\" must be one of \(levels), but is \"\(word)\"")
        }
        return .log(level: level, text: text, fields: texts(object["fields"]))
    }

    /// The members of an object as texts.
    private static func texts(_ datum: Datum?) -> [String: String] {
        let members = datum?.object?.members.map { ($0.key, $0.value.string ?? JSONWriter.line($0.value)) }
        return Dictionary(members ?? []) { first, _ in first }
    }

    private static func metric(_ object: DatumObject) throws(BadMessage) -> ProgramMessage {
        func isName(_ text: String) -> Bool {
            text.first?.isNumber == false && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        }
        let labels = texts(object["labels"])
        guard let name = object["metric"]?.string, isName(name), labels.keys.allSatisfy(isName) else {
            throw BadMessage("the names of metrics and labels must be letters, digits and underscores")
        }
        switch (object["add"], object["set"]) {
        case (.integer(let more)?, nil) where more >= 0: return .figure(name: name, labels: labels, .add(more))
        case (nil, .integer(let value)?): return .figure(name: name, labels: labels, .set(Double(value)))
        case (nil, .number(let value)?): return .figure(name: name, labels: labels, .set(value))
        default: throw BadMessage("a metric has either \"add\", a whole number from 0, or \"set\", a number")
        }
    }

    private static func answer(_ object: DatumObject) throws(BadMessage) -> ProgramMessage {
        guard case .integer(let id)? = object["answer"] else {
            throw BadMessage("\"answer\" must be the number asked with")
        }
        return .answer(id: id, refusal: object["refuse"].map { $0.string ?? JSONWriter.line($0) })
    }

    private static func request(_ object: DatumObject, _ id: Datum) throws(BadMessage) -> ProgramMessage {
        if let read = object["read"] {
            let (name, key) = try place(read)
            return .read(id: id, name: name, key: key)
        }
        if let rows = object["rows"] { return .rows(id: id, name: try place(rows).name, try stretch(rows)) }
        guard case .array(let elements)? = object["change"], !elements.isEmpty else {
            throw BadMessage("\"change\" must be a list of changes")
        }
        var changes: [StateChange] = []
        for element in elements { changes.append(try change(element)) }
        return .change(id: id, changes)
    }

    private static func place(_ datum: Datum) throws(BadMessage) -> (name: String, key: Datum?) {
        guard let name = datum.object?["cell"]?.string ?? datum.object?["table"]?.string else {
            throw BadMessage("what is asked for must be named by \"cell\" or \"table\"")
        }
        return (name, datum.object?["key"])
    }

    private static func stretch(_ datum: Datum) throws(BadMessage) -> RowStretch {
        var stretch = RowStretch()
        stretch.from = datum.object?["from"]
        stretch.after = datum.object?["after"]
        stretch.to = datum.object?["to"]
        stretch.isDescending = datum.object?["descending"] == .bool(true)
        switch datum.object?["limit"] {
        case nil: break
        case .integer(let limit)? where (1...10_000).contains(limit): stretch.limit = Int(limit)
        default: throw BadMessage("\"limit\" must be from 1 to 10000")
        }
        return stretch
    }

    private static func change(_ datum: Datum) throws(BadMessage) -> StateChange {
        let (name, key) = try place(datum)
        let action: StateChange.Action
        switch (datum.object?["set"], datum.object?["add"]) {
        case (let value?, nil): action = .set(value)
        case (nil, let more?): action = .add(more)
        case (nil, nil) where datum.object?["is"] != nil: action = .keep
        default: throw BadMessage("a change has one of the keys \"set\" and \"add\", or \"is\" alone")
        }
        return StateChange(name: name, key: key, expected: datum.object?["is"], action: action)
    }
}
