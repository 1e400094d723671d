import TapPages
import TapTesting
import Testing

@Suite struct WriteAheadLogTests {
    /// A database whose log has some transactions, each of several pages, copied as after a crash.
    private func crash(_ folder: TemporaryFolder, _ protection: PageProtection, transactions: Int) throws {
        try folder.makeDatabase("tap", protection, schema)
        let connection = try Connection(folder["tap"], protection)
        try connection.execute("PRAGMA synchronous = FULL")
        for id in 0..<transactions {
            try connection.execute("INSERT INTO item VALUES (\(id), 'transaction \(id)', hex(zeroblob(5000)))")
        }
        try folder.copy("tap", to: "crashed")
        try folder.copy("tap-wal", to: "crashed-wal")
    }

    private func log(_ folder: TemporaryFolder, _ protection: PageProtection) throws -> WriteAheadLog {
        try WriteAheadLog(path: folder["crashed-wal"], protection: protection)
    }

    private static let frame = 4120

    @Test(arguments: Form.allCases) func readsWholeLogs(_ form: Form) throws {
        let folder = try TemporaryFolder()
        let protection = try form.protection()
        try crash(folder, protection, transactions: 10)
        let whole = try log(folder, protection)
        let size = try folder.bytes(of: "crashed-wal").count
        #expect(whole.ending == .whole)
        #expect(whole.validFrames == (size - 32) / WriteAheadLogTests.frame)
        #expect(whole.committedFrames == whole.validFrames)
        let image = try PageImage(path: folder["crashed"], protection: protection)
        #expect(image.pageCount == whole.databasePages)
        #expect(image.badPages() == [])
        #expect(try WriteAheadLog(path: folder["none-wal"], protection: protection).ending == .whole)
    }

    @Test(arguments: Form.allCases) func aTornTailIsNoDamage(_ form: Form) throws {
        let folder = try TemporaryFolder()
        let protection = try form.protection()
        try crash(folder, protection, transactions: 10)
        let bytes = try folder.bytes(of: "crashed-wal")
        let frames = (bytes.count - 32) / WriteAheadLogTests.frame
        let perTransaction = frames - (try self.frames(of: 9, protection))
        for cut in 1..<WriteAheadLogTests.frame * (perTransaction - 1) where cut % 613 == 0 {
            try folder.write(bytes.dropLast(cut), to: "crashed-wal")
            let torn = try log(folder, protection)
            #expect(torn.committedFrames == frames - perTransaction)
            if case .damaged = torn.ending { Issue.record("\(cut) bytes are missing") }
        }
        // A disk may write the end of a transaction before its beginning.
        var reordered = bytes
        let start = 32 + WriteAheadLogTests.frame * (frames - perTransaction)
        for position in start..<start + 4120 { reordered[position] = 0 }
        try folder.write(reordered, to: "crashed-wal")
        if case .damaged = try log(folder, protection).ending {
            Issue.record("the last transaction was not acknowledged")
        }
    }

    private func frames(of transactions: Int, _ protection: PageProtection) throws -> Int {
        let folder = try TemporaryFolder()
        try crash(folder, protection, transactions: transactions)
        return try log(folder, protection).validFrames
    }

    @Test(arguments: Form.allCases) func aWrongByteBeforeACommitIsDamage(_ form: Form) throws {
        let folder = try TemporaryFolder()
        let protection = try form.protection()
        try crash(folder, protection, transactions: 10)
        let bytes = try folder.bytes(of: "crashed-wal")
        let frames = (bytes.count - 32) / WriteAheadLogTests.frame
        let last = frames - (try self.frames(of: 8, protection))
        var random = SeededGenerator(seed: 5)
        // Some of the headers and of the pages of all frames but those of the last two transactions.
        let positions = (0..<frames - last).flatMap { frame in
            ((0..<24).filter { frame % 6 == $0 % 6 } + [24 + random.next(below: 4096)]).map { (frame, $0) }
        }
        for (frame, position) in positions {
            var damaged = bytes
            damaged[32 + frame * WriteAheadLogTests.frame + position] ^= UInt8(1 + random.next(below: 255))
            try folder.write(damaged, to: "crashed-wal")
            let log = try log(folder, protection)
            #expect(log.ending == .damaged(frame: frame + 1), "byte \(position)")
            #expect(log.committedFrames <= frame)
        }
    }

    @Test(arguments: Form.allCases) func aWrongHeaderBeforeFramesIsDamage(_ form: Form) throws {
        let folder = try TemporaryFolder()
        let protection = try form.protection()
        try crash(folder, protection, transactions: 1)
        let bytes = try folder.bytes(of: "crashed-wal")
        for position in 0..<32 {
            var damaged = bytes
            damaged[position] ^= 0x40
            try folder.write(damaged, to: "crashed-wal")
            #expect(try log(folder, protection).ending == .damaged(frame: 0), "byte \(position)")
        }
        try folder.write(bytes.prefix(20), to: "crashed-wal")
        #expect(try log(folder, protection).ending == .whole)
    }

    /// Frames of a transaction that was undone stay in the log behind the next one.
    @Test(arguments: Form.allCases) func framesThatWereUndoneAreNoDamage(_ form: Form) throws {
        let folder = try TemporaryFolder()
        let protection = try form.protection()
        try folder.makeDatabase("tap", protection, schema)
        let connection = try Connection(folder["tap"], protection)
        try connection.execute("PRAGMA cache_size = 2; INSERT INTO word VALUES ('a', 1); BEGIN")
        for id in 0..<300 { try connection.execute("INSERT INTO item VALUES (\(id), 'undone', zeroblob(3000))") }
        try connection.execute("ROLLBACK; INSERT INTO item VALUES (1, 'kept', hex(zeroblob(5000)))")
        var bytes = try folder.bytes(of: "tap-wal")
        let whole = try WriteAheadLog(path: folder["tap-wal"], protection: protection)
        #expect(bytes.count > 100 * WriteAheadLogTests.frame)
        #expect(whole.committedFrames < 10)
        if case .damaged = whole.ending { Issue.record("nothing is damaged") }
        // The power fails while the last transaction is written, and its first frame does not reach the disk.
        let start = 32 + WriteAheadLogTests.frame
        for position in start..<start + WriteAheadLogTests.frame { bytes[position] = 0 }
        try folder.write(bytes, to: "crashed-wal")
        if case .damaged = try log(folder, protection).ending { Issue.record("nothing acknowledged is lost") }
    }

    @Test func aLogOfGarbageIsReadToItsEnd() throws {
        let folder = try TemporaryFolder()
        var random = SeededGenerator(seed: 3)
        for size in [0, 1, 31, 32, 33, 4151, 4152, 50_000] {
            try folder.write((0..<size).map { _ in UInt8(random.next(below: 256)) }, to: "crashed-wal")
            for form in Form.allCases { #expect(try log(folder, try form.protection()).committedFrames == 0) }
        }
    }
}
