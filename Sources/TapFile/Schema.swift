/// The layout of a tap.
///
/// `docs/tap-file.md` explains it to people; the two change together.
package enum Schema {
    /// SQLite's `application_id`: "Tap1".
    package static let applicationID: Int32 = 0x5461_7031

    /// SQLite's `user_version`: the format of the tables below.
    package static let format: Int32 = 2

    /// The pages of a tap, in bytes.
    static let pageSize = 4096

    /// What is set before anything is stored.
    static let settings = """
        PRAGMA page_size = \(pageSize); PRAGMA auto_vacuum = INCREMENTAL;
        PRAGMA application_id = \(applicationID); PRAGMA user_version = \(format);

        """

    /// All tables.
    static let tables = ["about", "revision", "application", "service", "base", "state", "past", "cell_version"]

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
            retention TEXT,             -- JSON; NULL: everything is kept
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

        -- What services remember now. Until the next revision captures it, a row is written over in place.
        CREATE TABLE state (
            service  INTEGER NOT NULL,  -- service.id
            cell     TEXT NOT NULL,     -- of a cell or a table
            key      ANY NOT NULL,      -- of a table's row: an integer, a text or bytes; no bytes for a cell
            version  INTEGER NOT NULL,  -- of the value's type
            value    BLOB NOT NULL,     -- CBOR (RFC 8949)
            born     INTEGER NOT NULL,
            PRIMARY KEY (service, cell, key)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX state_born ON state (born);

        CREATE TABLE past (             -- what they remembered
            service  INTEGER NOT NULL,
            cell     TEXT NOT NULL,
            key      ANY NOT NULL,
            version  INTEGER NOT NULL,
            value    BLOB NOT NULL,
            born     INTEGER NOT NULL,
            died     INTEGER NOT NULL,
            PRIMARY KEY (service, cell, key, born)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX past_died ON past (died);

        CREATE TABLE cell_version (     -- the versions of values that may occur in `state`, so that nobody has to look
            service  INTEGER NOT NULL,
            cell     TEXT NOT NULL,
            version  INTEGER NOT NULL,
            PRIMARY KEY (service, cell, version)
        ) STRICT, WITHOUT ROWID;

        CREATE VIEW remembered AS       -- both, with the life of each value
            SELECT service, cell, key, version, value, born, NULL AS died FROM state
            UNION ALL SELECT service, cell, key, version, value, born, died FROM past;

        CREATE TABLE base (             -- the description the application was made from or last merged with
            name     TEXT NOT NULL,     -- of the file
            text     TEXT NOT NULL,
            born     INTEGER NOT NULL,
            died     INTEGER
        ) STRICT;
        CREATE UNIQUE INDEX base_now ON base ((1)) WHERE died IS NULL;

        -- The rows without which nothing else can be understood stand in the file twice: `tapctl repair` finds them here.
        CREATE INDEX revision_copy ON revision (number, time, author, origin, comment, kind, status, snapshot);
        CREATE INDEX application_copy ON application (name, user, "group", retention, born, died);
        CREATE INDEX service_copy ON service
            (id, path, position, kind, version, enabled, restart, settings, born, died);

        CREATE VIEW services_now AS
            SELECT path, kind, enabled, settings, born AS since FROM service WHERE died IS NULL ORDER BY position;
        """
}
