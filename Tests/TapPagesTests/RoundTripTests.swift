import CSQLite
import TapPages
import TapTesting
import Testing

@Suite struct RoundTripTests {
    /// What a program might do to a database, in a random order.
    private func change(_ random: inout SeededGenerator) -> String {
        let id = random.next(below: 500)
        switch random.next(below: 12) {
        case 0...4: return "REPLACE INTO item VALUES (\(id), 'name \(id)', zeroblob(\(random.next(below: 300))))"
        case 5: return "REPLACE INTO item VALUES (\(id), 'long \(id)', hex(zeroblob(\(random.next(below: 20_000)))))"
        case 6: return "DELETE FROM item WHERE id % 17 = \(id % 17)"
        case 7...8: return "INSERT INTO word VALUES ('word \(id)', 1) ON CONFLICT DO UPDATE SET count = count + 1"
        case 9: return "UPDATE item SET name = 'changed ' || id WHERE id < \(id / 10)"
        case 10: return "BEGIN; DELETE FROM item; INSERT INTO word VALUES (\(id), 0) ON CONFLICT DO NOTHING; ROLLBACK"
        default: return ["PRAGMA wal_checkpoint", "PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM"][random.next(below: 3)]
        }
    }

    private let everything = [
        "SELECT * FROM item ORDER BY id", "SELECT * FROM word ORDER BY text", "PRAGMA integrity_check",
    ]

    @Test(arguments: Form.allCases, [1, 2, 3])
    func behavesAsAnOrdinaryDatabase(_ form: Form, _ seed: UInt64) throws {
        let folder = try TemporaryFolder()
        let protection = try form.protection()
        try folder.makeDatabase("tap", protection, schema)
        let ordinary = try Connection(":memory:", nil)
        try ordinary.execute(schema)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<6 {
            let connection = try Connection(folder["tap"], protection)
            #expect(try connection.rows("PRAGMA journal_mode") == ["wal"])
            // A small cache: pages go to the log before their transaction ends, and are read again.
            try connection.execute("PRAGMA cache_size = 5; PRAGMA synchronous = FULL")
            for _ in 0..<60 {
                let sql = change(&random)
                try connection.execute(sql)
                try ordinary.execute(sql)
            }
            for query in everything { #expect(try connection.rows(query) == ordinary.rows(query)) }
            try connection.close()
        }
        let reader = try Connection(folder["tap"], protection, immutable: true)
        for query in everything { #expect(try reader.rows(query) == ordinary.rows(query)) }
        #expect(protection.badPages == [])
    }

    /// Not as taps are used, but as somebody might leave one.
    @Test func worksWithARollbackJournalToo() throws {
        let folder = try TemporaryFolder()
        let protection = PageProtection.checked()
        let ordinary = try Connection(":memory:", nil)
        try ordinary.execute(schema)
        var random = SeededGenerator(seed: 4)
        for round in 0..<4 {
            let connection = try Connection(folder["tap"], protection)
            if round == 0 { try connection.execute(schema) }
            try connection.execute("PRAGMA cache_size = 5; PRAGMA synchronous = OFF")
            for _ in 0..<60 {
                let sql = change(&random)
                try connection.execute(sql)
                try ordinary.execute(sql)
            }
            for query in everything { #expect(try connection.rows(query) == ordinary.rows(query)) }
            try connection.close()
        }
        #expect(protection.badPages == [])
    }

    @Test(arguments: Form.allCases) func protectsADatabaseThatHadNoTrailers(_ form: Form) throws {
        let folder = try TemporaryFolder()
        let protection = try form.protection()
        let old = try Connection(folder["old"], nil)
        try old.execute("PRAGMA journal_mode = WAL; \(schema)")
        for id in 0..<300 { try old.execute("INSERT INTO item VALUES (\(id), 'name', zeroblob(\(id * 9)))") }
        let copy = try Connection(":memory:", nil)
        let backup = sqlite3_backup_init(copy.handle, "main", old.handle, "main")
        #expect(sqlite3_backup_step(backup, -1) == SQLITE_DONE)
        #expect(sqlite3_backup_finish(backup) == SQLITE_OK)
        #expect(protection.prepare(copy.handle) == SQLITE_OK)
        try copy.execute("VACUUM")
        try folder.write(protection.protect(try copy.serialized()), to: "new")
        let new = try Connection(folder["new"], protection)
        for query in everything { #expect(try new.rows(query) == old.rows(query)) }
    }

    @Test(arguments: Form.allCases)
    func recoversAfterACrash(_ form: Form) throws {
        let folder = try TemporaryFolder()
        let protection = try form.protection()
        try folder.makeDatabase("tap", protection, schema)
        let connection = try Connection(folder["tap"], protection)
        try connection.execute("PRAGMA cache_size = 5")
        var random = SeededGenerator(seed: 7)
        for round in 0..<20 {
            for _ in 0..<20 { try connection.execute(change(&random)) }
            try folder.copy("tap", to: "crashed")
            try folder.copy("tap-wal", to: "crashed-wal")
            let crashed = try Connection(folder["crashed"], protection)
            for query in everything {
                #expect(try crashed.rows(query) == connection.rows(query), "round \(round)")
            }
            try crashed.close()
        }
        #expect(protection.badPages == [])
    }

    /// Pages that are written again in the same transaction have their frames' headers written anew, without the pages.
    @Test(arguments: Form.allCases)
    func recoversFramesThatWereRewritten(_ form: Form) throws {
        let folder = try TemporaryFolder()
        let protection = try form.protection()
        try folder.makeDatabase("tap", protection, schema)
        let connection = try Connection(folder["tap"], protection)
        try connection.execute("PRAGMA cache_size = 3; BEGIN")
        for pass in 0..<4 {
            for id in 0..<200 {
                try connection.execute("REPLACE INTO item VALUES (\(id), 'pass \(pass)', zeroblob(900))")
            }
        }
        try connection.execute("COMMIT")
        try folder.copy("tap", to: "crashed")
        try folder.copy("tap-wal", to: "crashed-wal")
        let crashed = try Connection(folder["crashed"], protection)
        #expect(try crashed.rows("SELECT name, count(*) FROM item GROUP BY name") == ["pass 3|200"])
        #expect(try crashed.rows("PRAGMA integrity_check") == ["ok"])
    }

    @Test(arguments: Form.allCases)
    func copiesByBackup(_ form: Form) throws {
        let folder = try TemporaryFolder()
        let (from, to) = (try form.protection(), try form.protection())
        try folder.makeDatabase("from", from, schema)
        try folder.makeDatabase("to", to, "CREATE TABLE old (a)")
        let source = try Connection(folder["from"], from)
        for count in 1...500 { try source.execute("INSERT INTO word VALUES ('\(count)', hex(zeroblob(\(count))))") }
        let target = try Connection(folder["to"], to)
        let backup = sqlite3_backup_init(target.handle, "main", source.handle, "main")
        #expect(sqlite3_backup_step(backup, -1) == SQLITE_DONE)
        #expect(sqlite3_backup_finish(backup) == SQLITE_OK)
        try target.close()
        let copy = try Connection(folder["to"], to)
        #expect(try copy.rows("SELECT * FROM word") == source.rows("SELECT * FROM word"))
        #expect(try copy.rows("PRAGMA integrity_check") == ["ok"])
    }

    @Test func isReadByTheOrdinaryProgram() async throws {
        let folder = try TemporaryFolder()
        let protection = PageProtection.checked()
        try folder.makeDatabase("tap", protection, schema)
        let connection = try Connection(folder["tap"], protection)
        for id in 0..<500 { try connection.execute("INSERT INTO item VALUES (\(id), 'n', zeroblob(\(id * 7)))") }
        try connection.close()
        let outcome = try await Program.run(
            "sqlite3", ["-readonly", "tap", "PRAGMA integrity_check; SELECT count(*), sum(length(value)) FROM item"],
            in: folder.path)
        #expect(outcome.output == "ok\n500|873250\n")
    }

    @Test func refusesADatabaseWithoutRoomForTrailers() throws {
        let folder = try TemporaryFolder()
        let protection = PageProtection.checked()
        let connection = try Connection(folder["tap"], protection, isPrepared: false)
        #expect(throws: SQLiteFailure.self) { try connection.execute(schema) }
    }

    @Test func opensNothingWithoutProtection() throws {
        let folder = try TemporaryFolder()
        let uri: String
        do { uri = PageProtection.checked().uri(forPath: folder["tap"]) }
        var handle: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI
        #expect(sqlite3_open_v2(uri, &handle, flags, nil) == SQLITE_CANTOPEN)
        sqlite3_close(handle)
    }

    @Test func opensAnyPath() throws {
        let folder = try TemporaryFolder()
        let protection = PageProtection.checked()
        for name in ["plain", "a?b=c&d#e%41 \u{E9}.tap"] {
            try folder.makeDatabase(name, protection, schema)
            for path in [folder[name], "/" + folder[name]] {
                #expect(try Connection(path, protection).rows("SELECT count(*) FROM item") == ["0"])
            }
        }
    }
}
