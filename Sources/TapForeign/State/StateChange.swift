import TapData

/// One change of a value that a program asks for.
///
///     {"cell": "number", "add": 1}
///     {"table": "visits", "key": "ada", "is": null, "set": {"count": 1}}
struct StateChange: Sendable, Equatable {
    /// The name of a cell or table.
    var name: String
    /// The key of a row; nil for a cell.
    var key: Datum?
    /// What the value must be for anything to happen; nil: whatever it is.
    var expected: Datum?
    var action: Action

    enum Action: Sendable, Equatable {
        /// Null removes a row.
        case set(Datum)
        /// A number more; where there is none, from zero.
        case add(Datum)
        /// Nothing: what is expected is looked at only.
        case keep
    }

    /// The value afterwards; nil: there is no row.
    ///
    /// Throws ``StateRefusal``; nothing is to be changed then.
    func result(of old: Datum?) throws(StateRefusal) -> Datum? {
        if let expected, expected != old ?? .null {
            throw StateRefusal("\"\(name)\" is not what was expected", found: old ?? .null)
        }
        switch action {
        case .keep: return old
        case .set(.null): return key == nil ? .null : nil
        case .set(let value): return value
        case .add(let more): return try sum(old ?? .null, more)
        }
    }

    private func sum(_ old: Datum, _ more: Datum) throws(StateRefusal) -> Datum {
        switch (old == .null ? .integer(0) : old, more) {
        case (.integer(let old), .integer(let more)):
            let (sum, isTooLarge) = old.addingReportingOverflow(more)
            guard !isTooLarge else {
                throw StateRefusal("\"\(name)\" would have more than 64 bits", found: .integer(old))
            }
            return .integer(sum)
        case (.integer(let old), .number(let more)): return .number(Double(old) + more)
        case (.number(let old), .integer(let more)): return .number(old + Double(more))
        case (.number(let old), .number(let more)): return .number(old + more)
        default: throw StateRefusal("\"\(name)\" is no number to which something can be added", found: old)
        }
    }
}

/// A change that is not made.
struct StateRefusal: Error, Equatable {
    var problem: String
    /// What the value is.
    var found: Datum?

    init(_ problem: String, found: Datum? = nil) { (self.problem, self.found) = (problem, found) }
}
