import TapPages
import TapData
import Taproom

/// The rows of a damaged tap, told apart by their shape: no two tables or indexes have entries of the same shape.
///
/// Rows of the small tables stand in the file twice, in the table and in its copy, so either will do. What the indexes of
/// state know and the tables don't have is lost.
struct RescuedRecords {
    private(set) var about: [String: String] = [:]
    /// By number.
    private(set) var revisions: [Int64: [SQLiteValue]] = [:]
    /// By the number of the row in its table.
    private(set) var applications: [Int64: [SQLiteValue]] = [:]
    private var services: [Int64: [SQLiteValue]] = [:]
    private var bases: [Int64: [SQLiteValue]] = [:]
    private var state: [StateAddress: [SQLiteValue]] = [:]
    private var past: [PastKey: [SQLiteValue]] = [:]
    private var knownState: [StateAddress: Int64] = [:]
    private var knownPast: [PastKey: Int64] = [:]

    private struct PastKey: Hashable {
        var address: StateAddress
        var born: Int64
    }

    mutating func take(_ record: RecordScanner.Record) {
        let values = record.values
        if let rowid = record.rowid { takeRow(rowid, values) } else { takeEntry(values) }
    }

    private mutating func takeRow(_ rowid: Int64, _ values: [SQLiteValue]) {
        switch values.count {
        case 8: if case .text = values[1] { revisions[rowid] = [.integer(rowid)] + values.dropFirst() }
        case 6: applications[rowid] = values
        case 10: services[rowid] = values
        case 4: bases[rowid] = values
        default: break
        }
    }

    /// Entries of indexes, and of tables WITHOUT ROWID.
    private mutating func takeEntry(_ values: [SQLiteValue]) {
        switch (values.count, values.first) {
        case (2, .text(let key)): if case .text(let value) = values[1] { about[key] = value }
        case (6, .integer): if let address = address(values[...]) { state[address] = values }
        case (7, .integer):
            if let address = address(values[...]), case .integer(let born) = values[3] {
                past[PastKey(address: address, born: born)] = values
            }
        case (4, .integer(let born)): if let address = address(values.dropFirst()) { knownState[address] = born }
        case (5, .integer(let died)):
            if let address = address(values.dropFirst()), case .integer(let born) = values[4] {
                knownPast[PastKey(address: address, born: born)] = died
            }
        case (9, .integer(let number)): if revisions[number] == nil { revisions[number] = Array(values.prefix(8)) }
        case (7, .text): if case .integer(let rowid) = values[6] { applications[rowid] = Array(values.prefix(6)) }
        case (11, .integer): if case .integer(let rowid) = values[10] { services[rowid] = Array(values.prefix(10)) }
        default: break
        }
    }

    private func address(_ values: ArraySlice<SQLiteValue>) -> StateAddress? {
        let place = Array(values.prefix(3))
        guard place.count == 3, case .integer(let service) = place[0], case .text(let cell) = place[1] else {
            return nil
        }
        let key: StateKey
        switch place[2] {
        case .integer(let integer): key = .integer(integer)
        case .text(let text): key = .text(text)
        case .blob(let bytes): key = .bytes(bytes)
        default: return nil
        }
        return StateAddress(service: service, cell: cell, key: key)
    }

    /// What the indexes know and no page has.
    var lost: [Rescue.LostValue] {
        let now = knownState.filter { state[$0.key] == nil }.map {
            Rescue.LostValue(address: $0.key, born: Int($0.value), died: nil)
        }
        let before = knownPast.filter { past[$0.key] == nil }.map {
            Rescue.LostValue(address: $0.key.address, born: Int($0.key.born), died: Int($0.value))
        }
        return (now + before).sorted {
            ($0.address.service, $0.address.cell, $0.address.key, $0.born)
                < ($1.address.service, $1.address.cell, $1.address.key, $1.born)
        }
    }

    /// How many rows of each table there are.
    var counts: [String: Int] {
        [
            "revision": revisions.count, "application": applications.count, "service": services.count,
            "base": bases.count, "state": state.count, "past": past.count,
        ]
    }

    /// Puts all rows into the empty tables of a tap; one that does not fit is left out.
    func store(in database: Database) throws {
        let made = about["madeBy"] ?? "unknown"
        try database.query("UPDATE about SET value = ? WHERE key = 'madeBy'", [.text(made)])
        insert(revisions, "revision", into: database)
        insert(applications, "application", into: database)
        insert(services, "service", into: database)
        insert(bases, "base", into: database)
        insert(state, "state", into: database)
        // The record of a table WITHOUT ROWID begins with its key ("Database File Format", section 2.4).
        insert(
            past.mapValues { [$0[0], $0[1], $0[2], $0[4], $0[5], $0[3], $0[6]] }, "past", into: database)
        try database.execute("INSERT INTO cell_version SELECT DISTINCT service, cell, version FROM state")
    }

    private func insert<Key>(_ rows: [Key: [SQLiteValue]], _ table: String, into database: Database) {
        for row in rows.values {
            let marks = Array(repeating: "?", count: row.count).joined(separator: ", ")
            // Only something that was never a row of ours can fail here.
            try? database.query("INSERT OR IGNORE INTO \(table) VALUES (\(marks))", row.map(SQLValue.init))
        }
    }
}

extension SQLValue {
    fileprivate init?(_ value: SQLiteValue) {
        switch value {
        case .null, .real: return nil
        case .integer(let integer): self = .integer(integer)
        case .text(let text): self = .text(text)
        case .blob(let bytes): self = .blob(bytes)
        }
    }
}
