import CSQLite
import Glibc
import TapPages
import TapTesting
import Taproom
import Testing

@Suite struct SealTests {
    private let secret = "The treasure lies under the third oak"

    private func contains(_ bytes: [UInt8], _ text: String) -> Bool {
        let text = Array(text.utf8)
        return bytes.withUnsafeBytes { bytes in
            (0..<max(0, bytes.count - text.count)).contains { start in
                bytes[start] == text[0] && bytes[start..<start + text.count].elementsEqual(text)
            }
        }
    }

    @Test func leavesNothingReadableOnTheDisk() throws {
        let folder = try TemporaryFolder()
        let key = try SealHeader.make(passphrase: "correct horse", cost: .minimal)
        let protection = PageProtection.sealed(key)
        try folder.makeDatabase("tap", protection, schema)
        let connection = try Connection(folder["tap"], protection)
        // Transactions that go to the log before they end, sorting, and a statement that is undone: all need more room.
        try connection.execute("PRAGMA cache_size = 3; BEGIN")
        for id in 0..<200 {
            try connection.execute("INSERT INTO item VALUES (\(id), '\(secret) \(id % 3)', zeroblob(2000))")
        }
        try connection.execute("COMMIT; CREATE INDEX byValue ON item (value, name)")
        _ = try connection.rows("SELECT name, count(*) FROM item GROUP BY name ORDER BY value || name")
        #expect(throws: SQLiteFailure.self) { try connection.execute("UPDATE item SET id = 7 WHERE id > 3") }
        let readable = [secret, "CREATE TABLE", "SQLite format"]
        for name in try names(in: folder.path) {
            for text in readable { #expect(try !contains(folder.bytes(of: name), text), "\(name)") }
        }
        try connection.execute("VACUUM")
        try connection.close()
        #expect(try names(in: folder.path) == ["tap"])
        for text in readable { #expect(try !contains(folder.bytes(of: "tap"), text)) }
        #expect(try Connection(folder["tap"], protection).rows("SELECT count(*) FROM item") == ["200"])
    }

    private func names(in path: String) throws -> [String] {
        let folder = try #require(opendir(path))
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }

    @Test func refusesARollbackJournal() throws {
        let folder = try TemporaryFolder()
        let protection = PageProtection.sealed(try SealHeader.make(passphrase: "p", cost: .minimal))
        try folder.makeDatabase("tap", protection, schema)
        let connection = try Connection(folder["tap"], protection)
        try connection.execute("INSERT INTO word VALUES ('a', 1)")
        #expect(throws: SQLiteFailure(code: SQLITE_CANTOPEN)) { try connection.rows("PRAGMA journal_mode = DELETE") }
        #expect(access(folder["tap-journal"], F_OK) != 0)
        try connection.close()
        #expect(try Connection(folder["tap"], protection).rows("SELECT * FROM word") == ["a|1"])
    }

    @Test func opensWithThePassphraseOnly() throws {
        let folder = try TemporaryFolder()
        let made = try SealHeader.make(passphrase: "correct horse", cost: .minimal)
        try folder.makeDatabase("tap", .sealed(made), "\(schema); INSERT INTO word VALUES ('a', 1)")
        guard case .sealed(let header) = try TapFileHeader.read(folder["tap"]) else {
            Issue.record("it is sealed")
            return
        }
        #expect(throws: SealError.wrongPassphrase("tap")) { try header.unlock("correct horse ", path: "tap") }
        #expect(throws: SealError.wrongPassphrase("tap")) { try header.unlock("", path: "tap") }
        let key = try header.unlock("correct horse", path: "tap")
        #expect(try Connection(folder["tap"], .sealed(key)).rows("SELECT * FROM word") == ["a|1"])
        let other = PageProtection.sealed(try SealHeader.make(passphrase: "correct horse", cost: .minimal))
        #expect(throws: SQLiteFailure.self) { try Connection(folder["tap"], other).rows("SELECT * FROM word") }
        #expect(other.badPages == [1])
    }

    @Test func theStandardCostOpensToo() throws {
        let key = try SealHeader.make(passphrase: "correct horse")
        #expect(key.header.page.count == SealHeader.size)
        _ = try key.header.unlock("correct horse", path: "tap")
    }

    @Test func aDamagedHeaderIsNoWrongPassphrase() throws {
        let folder = try TemporaryFolder()
        let key = try SealHeader.make(passphrase: "p", cost: .minimal)
        let page = key.header.page
        for position in 0..<152 {
            var damaged = page
            damaged[position] ^= 0x20
            try folder.write(damaged, to: "tap")
            // The second copy still has the key.
            #expect(try TapFileHeader.read(folder["tap"]) == .sealed(key.header))
            damaged[2048 + (position + 40) % 152] ^= 1
            try folder.write(damaged, to: "tap")
            #expect(throws: SealError.damagedHeader(folder["tap"])) { try TapFileHeader.read(folder["tap"]) }
        }
    }

    @Test func errorsSayWhatToDo() {
        #expect("\(SealError.wrongPassphrase("web.tap"))" == "web.tap: the passphrase does not open it")
        #expect("\(SealError.passphraseNeeded("web.tap"))" == "web.tap: is sealed, and no passphrase was given")
        #expect(
            "\(SealError.damagedHeader("web.tap"))"
                == "web.tap: the header of the sealed tap is damaged, and with it the key")
        #expect(SealError.wrongPassphrase("").exitStatus == .notPermitted)
        #expect(SealError.passphraseNeeded("").exitStatus == .notPermitted)
        #expect(SealError.damagedHeader("").exitStatus == .badData)
    }

    /// A page in the log that is not what was written.
    @Test func noticesAWrongByteInTheLog() throws {
        let folder = try TemporaryFolder()
        let protection = PageProtection.sealed(try SealHeader.make(passphrase: "p", cost: .minimal))
        try folder.makeDatabase("tap", protection, schema)
        let connection = try Connection(folder["tap"], protection)
        try connection.execute("INSERT INTO word VALUES ('a', 1)")
        let page = try #require(try connection.rows("SELECT rootpage FROM sqlite_schema WHERE name = 'word'").first)
        let file = open(folder["tap-wal"], O_WRONLY | O_CLOEXEC)
        defer { Glibc.close(file) }
        #expect(pwrite(file, [0x55], 1, 32 + 24 + 2000) == 1)
        // It is to be read from the file again.
        try connection.execute("PRAGMA shrink_memory")
        #expect(throws: SQLiteFailure(code: SQLITE_IOERR | 32 << 8)) { try connection.rows("SELECT * FROM word") }
        #expect(protection.badPages.map(String.init) == [page])
    }

    @Test(arguments: ["", "a", "name: web\n", String(repeating: "services: é\n", count: 500)])
    func sealsTexts(_ text: String) throws {
        let armored = try SealedText.seal(text, passphrase: "correct horse", cost: .minimal)
        let lines = armored.split(separator: "\n")
        #expect(lines.first == "-----BEGIN TAPROOM SEALED DESCRIPTION-----")
        #expect(lines.last == "-----END TAPROOM SEALED DESCRIPTION-----")
        #expect(lines.dropFirst().dropLast().allSatisfy { $0.utf8.count <= 64 })
        #expect(SealedText.isPresent(in: armored))
        #expect(!SealedText.isPresent(in: text))
        #expect(try SealedText.open(armored, passphrase: "correct horse", name: "-") == text)
        let mailed = "> see below\r\n" + armored.split(separator: "\n").map { "  \($0) \r\n" }.joined() + "-- \r\nAda"
        #expect(try SealedText.open(mailed, passphrase: "correct horse", name: "-") == text)
        #expect(throws: SealError.wrongPassphrase("export")) {
            try SealedText.open(armored, passphrase: "horse", name: "export")
        }
    }

    @Test func noticesADamagedText() throws {
        let armored = try SealedText.seal("name: web\n", passphrase: "p", cost: .minimal)
        let bytes = Array(armored.utf8)
        for position in bytes.indices.dropLast() where bytes[position] != UInt8(ascii: "\n") {
            var damaged = bytes
            damaged[position] = damaged[position] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(throws: SealError.damagedText("-")) {
                try SealedText.open(String(decoding: damaged, as: UTF8.self), passphrase: "p", name: "-")
            }
        }
        #expect(throws: SealError.damagedText("-")) { try SealedText.open("name: web\n", passphrase: "p", name: "-") }
    }
}
