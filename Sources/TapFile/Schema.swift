/// The layout of a tap.
///
/// `docs/tap-file.md` explains it to people; the two change together.
package enum Schema {
    /// SQLite's `application_id`: "Tap1".
    package static let applicationID: Int32 = 0x5461_7031

    /// SQLite's `user_version`: the format of the tables below.
    package static let format: Int32 = 1

    /// The pages of a tap, in bytes.
    static let pageSize = 4096

    static let statements = """
        CREATE TABLE about (            -- facts about the file itself
            key     TEXT PRIMARY KEY,   -- 'minimumReader': the oldest format a program must know to read this
            value   TEXT NOT NULL       -- 'madeBy': the program that made it
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE revision (         -- the history: every change, snapshot and rollback
            number   INTEGER PRIMARY KEY,
            time     TEXT NOT NULL,     -- RFC 3339, UTC
            author   TEXT NOT NULL,     -- the user who asked for it
            origin   TEXT NOT NULL,     -- the tool it came through
            comment  TEXT NOT NULL,
            kind     TEXT NOT NULL CHECK (kind IN ('made', 'change', 'snapshot', 'rollback', 'migration', 'import')),
            status   TEXT NOT NULL CHECK (status IN ('pending', 'active', 'failed', 'superseded')),
            snapshot TEXT               -- the name it was given as a snapshot
        ) STRICT;

        -- In the tables below a row holds from revision `born` until just before revision `died`; NULL: it still holds.

        CREATE TABLE application (
            name     TEXT NOT NULL,
            user     TEXT,              -- by name, resolved when run; NULL: unchanged
            "group"  TEXT,
            born     INTEGER NOT NULL,
            died     INTEGER
        ) STRICT;

        CREATE TABLE service (
            id       INTEGER NOT NULL,  -- stays the same while settings change; state belongs to it
            path     TEXT NOT NULL,     -- 'web', or 'backends/api' inside of a group
            position INTEGER NOT NULL,  -- the order in which services are listed and started
            kind     TEXT NOT NULL,
            version  INTEGER NOT NULL,  -- of the kind's settings schema
            enabled  INTEGER NOT NULL,
            restart  TEXT,              -- JSON; NULL: the default policy
            settings TEXT NOT NULL,     -- canonical JSON
            born     INTEGER NOT NULL,
            died     INTEGER
        ) STRICT;
        CREATE UNIQUE INDEX service_now ON service (path) WHERE died IS NULL;

        CREATE TABLE state (
            service  INTEGER NOT NULL,  -- service.id
            cell     TEXT NOT NULL,
            key      BLOB NOT NULL,     -- of a table's row; empty for a cell
            version  INTEGER NOT NULL,  -- of the cell's type
            value    BLOB NOT NULL,     -- CBOR (RFC 8949)
            born     INTEGER NOT NULL,
            died     INTEGER
        ) STRICT;
        CREATE UNIQUE INDEX state_now ON state (service, cell, key) WHERE died IS NULL;
        CREATE INDEX state_born ON state (born);
        CREATE INDEX state_died ON state (died) WHERE died IS NOT NULL;

        CREATE TABLE base (             -- the description the application was made from or last merged with
            name     TEXT NOT NULL,     -- of the file
            text     TEXT NOT NULL,
            born     INTEGER NOT NULL,
            died     INTEGER
        ) STRICT;
        CREATE UNIQUE INDEX base_now ON base ((1)) WHERE died IS NULL;

        CREATE VIEW services_now AS
            SELECT path, kind, enabled, settings, born AS since FROM service WHERE died IS NULL ORDER BY position;
        """
}
