import Taproom

extension StateRange {
    /// The range as the end of a condition on `key`, and the values for its question marks.
    var condition: (sql: String, values: [SQLValue?]) {
        // A cell has no key, so every row of a table is behind that.
        var (sql, values): (String, [SQLValue?]) = ("", [])
        if let lower {
            sql += " AND key \(includesLower ? ">=" : ">") ?"
            values.append(.key(lower))
        }
        if let upper {
            sql += " AND key \(includesUpper ? "<=" : "<") ?"
            values.append(.key(upper))
        }
        return (sql, values)
    }
}

extension Database {
    /// Rows of a table as they are now, in the order of their keys.
    func stateRows(
        of cell: String, service: Int64, in range: StateRange, descending: Bool, limit: Int
    ) throws -> [StoredRow] {
        let (condition, values) = range.condition
        return try rows(
            """
            SELECT key, version, value FROM state WHERE service = ? AND cell = ?\(condition)
            ORDER BY key \(descending ? "DESC" : "ASC") LIMIT ?
            """, [.integer(service), .text(cell)] + values + [.integer(Int64(limit))]
        ) { StoredRow(key: $0.key(0), value: StoredValue(version: Int($0.integer(1)), bytes: $0.blob(2))) }
    }

    /// How many rows a table has in a range.
    func stateCount(of cell: String, service: Int64, in range: StateRange) throws -> Int {
        let (condition, values) = range.condition
        return try rows(
            "SELECT count(*) FROM state WHERE service = ? AND cell = ?\(condition)",
            [.integer(service), .text(cell)] + values
        ) { Int($0.integer(0)) }.first ?? 0
    }

    func stateValue(_ address: StateAddress) throws -> StoredValue? {
        try rows("SELECT version, value FROM state WHERE service = ? AND cell = ? AND key = ?", address.values) {
            StoredValue(version: Int($0.integer(0)), bytes: $0.blob(1))
        }.first
    }
}
