import TapData
import Taproom

/// What the state of an application can be, as its kinds declare it.
struct StateExpectation {
    private let services: [String: ServiceDefinition]
    private let kinds: KindList
    /// What was looked up last: lines of a table follow each other.
    private var last: (service: String, cell: String, declaration: any StateDeclaration)?

    init(_ application: Application, _ kinds: KindList) {
        services = Dictionary(application.servicesByPath.map { ($0.path, $0.service) }) { first, _ in first }
        self.kinds = kinds
    }

    /// Looks whether a value has a place, and can be read and migrated there.
    mutating func check(_ line: StateLine) throws(StateLineProblem) {
        let declaration = try declaration(line)
        if declaration.isTable, line.key == .cell {
            throw StateLineProblem("has no \"key\", and \"\(line.cell)\" is a table")
        }
        guard declaration.accepts(TableKeyForm(line.key)) else {
            throw StateLineProblem(
                declaration.isTable
                    ? "the key \(line.key.text) is none that the table \"\(line.cell)\" can have"
                    : "has a key, and \"\(line.cell)\" is a cell, which has none")
        }
        do {
            _ = try declaration.migrated(line.value)
        } catch StateError.otherVersion(_, let problem) {
            // The problem says what to do.
            throw StateLineProblem("\"\(line.cell)\" of the service \"\(line.service)\" \(problem)", advice: "")
        } catch StateError.unreadable(_, let problem) {
            throw StateLineProblem(
                "the value is none of \"\(line.cell)\" of the service \"\(line.service)\": \(problem)")
        } catch {
            throw StateLineProblem("the value can't be read: \(error)")
        }
    }

    private mutating func declaration(_ line: StateLine) throws(StateLineProblem) -> any StateDeclaration {
        if let last, last.service == line.service, last.cell == line.cell { return last.declaration }
        guard let service = services[line.service] else {
            throw StateLineProblem(
                "there is no service \"\(line.service)\".\(suggestion(for: line.service, among: services.keys.sorted()))",
                advice: "Use the description that belongs to the state, or leave the line out.")
        }
        let kind = try? kinds.kind(service.kind)
        guard let declaration = kind?.declaration(of: line.cell) else {
            let known = kind?.state.map(\.name) ?? []
            throw StateLineProblem(
                """
                the kind "\(service.kind)" of the service "\(line.service)" has no cell or table "\(line.cell)".\
                \(suggestion(for: line.cell, among: known))
                """, advice: "Use a program that knows it, or leave the line out.")
        }
        last = (line.service, line.cell, declaration)
        return declaration
    }
}
