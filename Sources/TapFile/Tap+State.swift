package import TapData
package import Taproom

/// The stored value of one cell, and whose it is.
package struct StateEntry: Sendable, Equatable {
    package var address: StateAddress
    package var value: StoredValue

    /// The value as data.
    ///
    /// Throws ``CBORError``.
    package func datum() throws -> Datum { try CBOR.decode(value.bytes) }
}

extension Tap {
    /// What a cell holds now.
    package func stateValue(_ address: StateAddress) throws -> StoredValue? {
        try database.rows(
            "SELECT version, value FROM state WHERE service = ? AND cell = ? AND key = x'' AND died IS NULL",
            [.integer(address.service), .text(address.cell)]
        ) { StoredValue(version: Int($0.integer(0)), bytes: $0.blob(1)) }.first
    }

    /// All cells of all services at a revision, or now, in the order of their addresses.
    package func state(at revision: Int? = nil) throws -> [StateEntry] {
        try database.rows(
            "SELECT service, cell, version, value FROM state WHERE \(holding(at: revision)) ORDER BY service, cell, key"
        ) { row in
            StateEntry(
                address: StateAddress(service: row.integer(0), cell: row.text(1)),
                value: StoredValue(version: Int(row.integer(2)), bytes: row.blob(3)))
        }
    }

    /// Stores what a cell holds from now on.
    ///
    /// Inside of ``commit(_:)``.
    ///
    /// Until a revision captures it a value is written over in place; afterwards the captured row stays and a new one begins.
    package func setState(_ address: StateAddress, _ value: StoredValue) throws {
        let next = SQLValue.integer(Int64(try latestRevision() + 1))
        let place: [SQLValue?] = [.integer(address.service), .text(address.cell)]
        let content: [SQLValue?] = [.integer(Int64(value.version)), .blob(value.bytes)]
        let condition = "service = ? AND cell = ? AND key = x'' AND died IS NULL"
        try database.query(
            "UPDATE state SET version = ?, value = ? WHERE \(condition) AND born = ?", content + place + [next])
        if database.changes > 0 { return }
        try database.query("UPDATE state SET died = ? WHERE \(condition)", [next] + place)
        try database.query("INSERT INTO state VALUES (?, ?, x'', ?, ?, ?, NULL)", place + content + [next])
    }

    /// Whether state has changed since the latest revision.
    package func hasUncapturedState() throws -> Bool {
        let next = SQLValue.integer(Int64(try latestRevision() + 1))
        return try !database.rows("SELECT 1 FROM state WHERE born = ? LIMIT 1", [next]) { _ in true }.isEmpty
    }
}
