package import Taproom

/// What a cell or row held at two points.
package struct StateChange: Sendable, Equatable {
    package var address: StateAddress
    package var from: StoredValue?
    package var to: StoredValue?
}

/// A cell or a table that a service has stored.
package struct StateCell: Hashable, Sendable {
    package var service: Int64
    package var cell: String

    package init(service: Int64, cell: String) {
        self.service = service
        self.cell = cell
    }
}

extension Tap {
    /// What a cell or row held at a revision; nil: now.
    package func stateValue(_ address: StateAddress, at revision: Int?) throws -> StoredValue? {
        guard let revision else { return try stateValue(address) }
        let place = "service = ? AND cell = ? AND key = ?"
        return try database.rows(
            """
            SELECT version, value FROM state WHERE \(place) AND born <= ?
            UNION ALL SELECT version, value FROM past WHERE \(place) AND born <= ? AND died > ?
            """,
            address.values + [.integer(Int64(revision))] + address.values
                + [.integer(Int64(revision)), .integer(Int64(revision))]
        ) { StoredValue(version: Int($0.integer(0)), bytes: $0.blob(1)) }.first
    }

    /// The cells and rows that are different at two points, in the order of their addresses; nil: now.
    ///
    /// The time grows with what changed in between, not with what there is.
    package func stateChanges(from: Int, to: Int?) throws -> [StateChange] {
        let now = try latestRevision() + 1
        let (low, high) = (min(from, to ?? now), max(from, to ?? now))
        let touched = try database.rows(
            """
            SELECT service, cell, key FROM state WHERE born > \(low) AND born <= \(high)
            UNION SELECT service, cell, key FROM past WHERE died > \(low) AND born <= \(high)
            ORDER BY service, cell, key
            """
        ) { StateAddress(service: $0.integer(0), cell: $0.text(1), key: $0.key(2)) }
        return try touched.compactMap { address in
            let change = StateChange(
                address: address, from: try stateValue(address, at: from), to: try stateValue(address, at: to))
            return change.from == change.to ? nil : change
        }
    }

    /// The cells and tables of which something is stored at any point, in the order of their names.
    ///
    /// Takes a few steps for each, however many rows a table has.
    package func stateCells() throws -> [StateCell] {
        var cells: Set<StateCell> = []
        for table in ["state", "past"] {
            var last = try nextCell(in: table, behind: nil)
            while let cell = last {
                cells.insert(cell)
                last = try nextCell(in: table, behind: cell)
            }
        }
        return cells.sorted { ($0.service, $0.cell) < ($1.service, $1.cell) }
    }

    private func nextCell(in table: String, behind cell: StateCell?) throws -> StateCell? {
        let place = cell.map { [SQLValue.integer($0.service), .text($0.cell)] }
        return try database.rows(
            """
            SELECT service, cell FROM \(table) \(place == nil ? "" : "WHERE (service, cell) > (?, ?)")
            ORDER BY service, cell LIMIT 1
            """, place ?? []
        ) { StateCell(service: $0.integer(0), cell: $0.text(1)) }.first
    }

    /// The first rows of a cell or table at a revision, or now, in the order of their keys.
    package func rows(of cell: StateCell, at revision: Int? = nil, limit: Int) throws -> [StoredRow] {
        try database.rows(
            """
            SELECT key, version, value FROM \(stateSource(at: revision))
            WHERE service = ? AND cell = ? ORDER BY key LIMIT ?
            """, [.integer(cell.service), .text(cell.cell), .integer(Int64(limit))]
        ) { StoredRow(key: $0.key(0), value: StoredValue(version: Int($0.integer(1)), bytes: $0.blob(2))) }
    }

    /// Hands over all rows of a cell or table as they are now, in the order of their keys.
    package func eachRow(of cell: StateCell, _ body: (StoredRow) throws -> Void) throws {
        try database.query(
            "SELECT key, version, value FROM state WHERE service = ? AND cell = ? ORDER BY key",
            [.integer(cell.service), .text(cell.cell)]
        ) { try body(StoredRow(key: $0.key(0), value: StoredValue(version: Int($0.integer(1)), bytes: $0.blob(2)))) }
    }
}
