import CSQLite
import TapPages
import TapTesting
import Testing

/// What is noticed when bytes are not what was written.
@Suite struct DamageTests {
    private static let dataError = SQLITE_IOERR | 32 << 8

    private func fill(_ folder: TemporaryFolder, _ protection: PageProtection) throws {
        try folder.makeDatabase("tap", protection, schema)
        let connection = try Connection(folder["tap"], protection)
        try connection.execute("BEGIN")
        for id in 0..<300 {
            let size = id % 50 == 0 ? 9000 : id
            try connection.execute("INSERT INTO item VALUES (\(id), 'name \(id)', hex(zeroblob(\(size))))")
            try connection.execute("INSERT INTO word VALUES ('word \(id)', \(id))")
        }
        try connection.execute("COMMIT")
        try connection.close()
    }

    private let queries = [
        "SELECT id, name FROM item WHERE id = 77", "SELECT sum(length(value)) FROM item", "SELECT * FROM word",
        "SELECT id FROM item WHERE name = 'name 150'",
    ]

    /// The answers, and for a query that fails the code of the failure.
    private func answers(_ path: String, _ protection: PageProtection) -> [Result<[String], SQLiteFailure>] {
        queries.map { query in
            do throws(any Error) {
                return .success(try Connection(path, protection, immutable: true).rows(query))
            } catch {
                return .failure(error as? SQLiteFailure ?? SQLiteFailure(code: SQLITE_ERROR))
            }
        }
    }

    @Test(arguments: Form.allCases) func aWrongBitNeverGivesAnotherAnswer(_ form: Form) throws {
        let folder = try TemporaryFolder()
        let protection = try form.protection()
        try fill(folder, protection)
        let good = answers(folder["tap"], protection)
        let bytes = try folder.bytes(of: "tap")
        var random = SeededGenerator(seed: 11)
        // The header bytes are those that SQLite looks at first.
        let header = form == .sealed ? SealHeader.size : 0
        let positions =
            (0..<100).map { header + $0 } + (0..<250).map { _ in header + random.next(below: bytes.count - header) }
        var failures = 0
        for position in positions {
            var damaged = bytes
            damaged[position] ^= 1 << UInt8(random.next(below: 8))
            try folder.write(damaged, to: "damaged")
            for (answer, expected) in zip(answers(folder["damaged"], protection), good) {
                if answer == expected { continue }
                failures += 1
                #expect(answer == .failure(SQLiteFailure(code: DamageTests.dataError)), "byte \(position)")
            }
        }
        #expect(failures > 100)
        #expect(!protection.badPages.isEmpty)
    }

    @Test(arguments: Form.allCases) func noticesAPageOfZeros(_ form: Form) throws {
        let folder = try TemporaryFolder()
        let protection = try form.protection()
        try fill(folder, protection)
        let start = form == .sealed ? SealHeader.size : 0
        var bytes = try folder.bytes(of: "tap")
        bytes.replaceSubrange(start + 4096..<start + 8192, with: [UInt8](repeating: 0, count: 4096))
        try folder.write(bytes, to: "tap")
        #expect(throws: SQLiteFailure(code: DamageTests.dataError)) {
            try Connection(folder["tap"], protection).rows("SELECT * FROM item")
        }
        #expect(protection.badPages == [2])
        #expect(try PageImage(path: folder["tap"], protection: protection).badPages() == [2])
    }

    @Test(arguments: Form.allCases) func noticesPagesThatWereSwapped(_ form: Form) throws {
        let folder = try TemporaryFolder()
        let protection = try form.protection()
        try fill(folder, protection)
        let start = form == .sealed ? SealHeader.size : 0
        var bytes = try folder.bytes(of: "tap")
        let (second, third) = (bytes[start + 4096..<start + 8192], bytes[start + 8192..<start + 12288])
        bytes.replaceSubrange(start + 4096..<start + 12288, with: third + second)
        try folder.write(bytes, to: "tap")
        #expect(try PageImage(path: folder["tap"], protection: protection).badPages() == [2, 3])
    }

    @Test(arguments: Form.allCases) func namesThePagesThatAreCutOff(_ form: Form) throws {
        let folder = try TemporaryFolder()
        let protection = try form.protection()
        try fill(folder, protection)
        let whole = try PageImage(path: folder["tap"], protection: protection)
        #expect(whole.badPages() == [])
        try folder.write(try folder.bytes(of: "tap").dropLast(2 * 4096 + 100), to: "tap")
        let cut = try PageImage(path: folder["tap"], protection: protection)
        #expect(cut.pageCount == whole.pageCount)
        #expect(cut.badPages() == [whole.pageCount - 2, whole.pageCount - 1, whole.pageCount])
    }

    @Test func tellsWhatAFileIs() throws {
        let folder = try TemporaryFolder()
        try fill(folder, .checked())
        #expect(try TapFileHeader.read(folder["tap"]) == .checked)
        let bytes = try folder.bytes(of: "tap")
        for position in 0..<800 where position % 8 < 3 || position / 8 == 20 {
            var damaged = bytes
            damaged[position / 8] ^= 1 << UInt8(position % 8)
            try folder.write(damaged, to: "damaged")
            #expect(try TapFileHeader.read(folder["damaged"]) == .checkedButDamaged)
        }
        let ordinary = try Connection(folder["ordinary"], nil)
        try ordinary.execute(schema)
        #expect(try TapFileHeader.read(folder["ordinary"]) == .unprotected(reserved: 0))
        try folder.write("", to: "empty")
        #expect(try TapFileHeader.read(folder["empty"]) == .empty)
        try folder.write("name: web\n", to: "text")
        #expect(try TapFileHeader.read(folder["text"]) == .notSQLite)
        let key = try SealHeader.make(passphrase: "p", cost: .minimal)
        try folder.write(key.header.page, to: "sealed")
        #expect(try TapFileHeader.read(folder["sealed"]) == .sealed(key.header))
    }
}
