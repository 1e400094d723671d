import TapData
package import Taproom

/// What a service was from one revision until the next that changed it.
package struct ServiceVersion: Sendable {
    /// The revision that made it so.
    package var born: Int
    package var path: String
    package var definition: ServiceDefinition
}

extension Tap {
    /// What the service of a path was, from now back to its beginning; also under other paths that it had.
    ///
    /// Without gaps: what came before a removal is not part of it. Empty when there is no such service.
    package func versions(ofService path: String) throws -> [ServiceVersion] {
        guard let identity = try identity(of: path) else { return [] }
        let rows = try database.rows(
            """
            SELECT path, kind, version, enabled, restart, settings, born, died FROM service
            WHERE id = ? ORDER BY born DESC
            """, [.integer(identity)]
        ) { row in
            let (path, definition) = try service(row)
            let died = row.isNull(7) ? nil : Int(row.integer(7))
            return (version: ServiceVersion(born: Int(row.integer(6)), path: path, definition: definition), died: died)
        }
        var next: Int?
        return rows.prefix { row in
            defer { next = row.version.born }
            return row.died == next
        }.map(\.version)
    }

    /// Name, user, group and retention from now back to the beginning, each with the revision that made it so.
    package func versionsOfApplication() throws -> [(born: Int, application: Application)] {
        try database.rows("SELECT name, user, \"group\", retention, born FROM application ORDER BY born DESC") { row in
            (Int(row.integer(4)), try head(row))
        }
    }

    /// The revision in which the last service of a path came to its end; nil: there is none that did.
    package func endOfService(_ path: String) throws -> Int? {
        try database.rows(
            "SELECT died FROM service WHERE path = ? AND died IS NOT NULL ORDER BY died DESC LIMIT 1", [.text(path)]
        ) { Int($0.integer(0)) }.first
    }
}
