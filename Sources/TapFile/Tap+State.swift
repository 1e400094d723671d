package import Taproom

/// A version of values that may occur in a cell.
struct CellVersion: Hashable {
    var service: Int64
    var cell: String
    var version: Int
}

extension StateAddress {
    /// The address for the question marks of a statement.
    var values: [SQLValue?] { [.integer(service), .text(cell), .key(key)] }
}

extension Tap {
    /// What a cell or row holds now.
    package func stateValue(_ address: StateAddress) throws -> StoredValue? { try database.stateValue(address) }

    /// The table or the part of the history in which the state of a revision is found.
    func stateSource(at revision: Int?) -> String {
        guard let revision else { return "state" }
        return "(SELECT * FROM remembered WHERE \(holding(at: revision)))"
    }

    /// Stores what a cell or row holds from now on; nil: it goes.
    ///
    /// Inside of ``commit(_:)``.
    ///
    /// Until a revision captures it a value is written over in place; afterwards the captured one becomes the past and a new
    /// one begins.
    package func setState(_ address: StateAddress, _ value: StoredValue?) throws {
        let next = SQLValue.integer(Int64(try latestRevision() + 1))
        guard let value else { return try removeState(address, next) }
        let version = CellVersion(service: address.service, cell: address.cell, version: value.version)
        if !knownVersions.contains(version) { try note(version) }
        let content: [SQLValue?] = [.integer(Int64(value.version)), .blob(value.bytes), next]
        try database.query(
            """
            INSERT INTO state VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (service, cell, key)
            DO UPDATE SET version = excluded.version, value = excluded.value WHERE born = excluded.born
            """, address.values + content)
        if database.changes > 0 { return }
        try keepAsPast(address, until: next)
        try database.query(
            "UPDATE state SET version = ?, value = ?, born = ? WHERE service = ? AND cell = ? AND key = ?",
            content + address.values)
    }

    /// Stores a value where there is none yet.
    ///
    /// Inside of ``commit(_:)``. Answers false, and changes nothing, when there is one.
    func addState(_ address: StateAddress, _ value: StoredValue) throws -> Bool {
        try database.query(
            "INSERT OR IGNORE INTO state VALUES (?, ?, ?, ?, ?, ?)",
            address.values + [
                .integer(Int64(value.version)), .blob(value.bytes), .integer(Int64(try latestRevision() + 1)),
            ])
        guard database.changes > 0 else { return false }
        let version = CellVersion(service: address.service, cell: address.cell, version: value.version)
        if !knownVersions.contains(version) { try note(version) }
        return true
    }

    private func note(_ version: CellVersion) throws {
        try database.query(
            "INSERT OR IGNORE INTO cell_version VALUES (?, ?, ?)",
            [.integer(version.service), .text(version.cell), .integer(Int64(version.version))])
        knownVersions.insert(version)
    }

    private func removeState(_ address: StateAddress, _ next: SQLValue) throws {
        try keepAsPast(address, until: next)
        try database.query("DELETE FROM state WHERE service = ? AND cell = ? AND key = ?", address.values)
    }

    /// A value that no revision captured is no past.
    private func keepAsPast(_ address: StateAddress, until next: SQLValue) throws {
        try database.query(
            """
            INSERT INTO past SELECT service, cell, key, version, value, born, ? FROM state
            WHERE service = ? AND cell = ? AND key = ? AND born < ?
            """, [next] + address.values + [next])
    }

    /// Whether state has changed since the latest revision.
    package func hasUncapturedState() throws -> Bool {
        let next = SQLValue.integer(Int64(try latestRevision() + 1))
        return try database.rows(
            "SELECT EXISTS (SELECT 1 FROM state WHERE born = ?) OR EXISTS (SELECT 1 FROM past WHERE died = ?)",
            [next, next]
        ) { $0.integer(0) != 0 }.first ?? false
    }
}
