import TapPages
import TapTesting
import Testing

@Suite struct RecordScannerTests {
    /// What a text of a certain length looks like.
    private func text(_ id: Int) -> String {
        String(repeating: "text \(id) ", count: id % 40 == 0 ? 2000 : id % 7)
    }

    private func fill(_ folder: TemporaryFolder, _ protection: PageProtection) throws -> Connection {
        try folder.makeDatabase("tap", protection, schema)
        let connection = try Connection(folder["tap"], protection)
        try connection.execute("PRAGMA wal_autocheckpoint = 300; BEGIN")
        for id in 1...3000 {
            try connection.execute("INSERT INTO item VALUES (\(id * 1_000_003), '\(text(id))', x'00FF')")
            try connection.execute("INSERT INTO word VALUES ('\(text(id))\(id)', -\(id))")
            if id % 500 == 0 { try connection.execute("COMMIT; BEGIN") }
        }
        // Pages that become free, with rows that are not to be found any more.
        try connection.execute("DELETE FROM item WHERE id > 2900 * 1000003; COMMIT")
        return connection
    }

    private func records(_ image: PageImage) -> (found: Set<[SQLiteValue]>, pages: [[SQLiteValue]: UInt32], lost: Int) {
        var (found, pages): (Set<[SQLiteValue]>, [[SQLiteValue]: UInt32]) = ([], [:])
        let lost = RecordScanner(image).scan { record in
            let values = (record.rowid.map { [.integer($0)] } ?? []) + record.values
            found.insert(values)
            pages[values] = record.page
        }
        return (found, pages, lost)
    }

    private func item(_ id: Int) -> [SQLiteValue] {
        [.integer(Int64(id * 1_000_003)), .null, .text(text(id)), .blob([0, 0xFF])]
    }

    private func word(_ id: Int) -> [SQLiteValue] { [.text("\(text(id))\(id)"), .integer(Int64(-id))] }

    @Test(arguments: Form.allCases) func findsAllRows(_ form: Form) throws {
        let folder = try TemporaryFolder()
        let protection = try form.protection()
        let connection = try fill(folder, protection)
        // With some pages in the file and others in the log.
        try folder.copy("tap", to: "copy")
        try folder.copy("tap-wal", to: "copy-wal")
        let image = try PageImage(path: folder["copy"], protection: protection)
        #expect(image.log.committedFrames > 0)
        let (found, _, lost) = records(image)
        #expect(lost == 0)
        #expect((1...2900).allSatisfy { found.contains(item($0)) })
        #expect((1...3000).allSatisfy { found.contains(word($0)) })
        #expect(!found.contains(item(2999)))
        try connection.close()
    }

    @Test func findsTheRowsOfGoodPages() throws {
        let folder = try TemporaryFolder()
        let protection = PageProtection.checked()
        try fill(folder, protection).close()
        let whole = records(try PageImage(path: folder["tap"], protection: protection))
        var bytes = try folder.bytes(of: "tap")
        var random = SeededGenerator(seed: 9)
        let ruined = Set((0..<12).map { _ in UInt32(1 + random.next(below: bytes.count / 4096)) })
        for page in ruined { bytes[Int(page) * 4096 - 2000] ^= 0x10 }
        try folder.write(bytes, to: "ruined")
        let image = try PageImage(path: folder["ruined"], protection: protection)
        #expect(Set(image.badPages()) == ruined)
        let (found, _, lost) = records(image)
        let kept = whole.found.filter { ruined.isDisjoint(with: whole.pages[$0].map { [$0] } ?? []) }
        #expect(kept.subtracting(found).count == lost)
        #expect(lost < 12)
        // Rows of pages that had been freed may come back when the list of them is ruined; nothing else may.
        #expect(found.subtracting(whole.found).allSatisfy { $0.count == 4 || $0.count == 2 })
        #expect(found.count > 5000)
    }

    /// Files of format 1 have no trailers, so anything may be in their pages.
    @Test(arguments: 1...4) func survivesAnything(_ seed: UInt64) throws {
        let folder = try TemporaryFolder()
        let connection = try Connection(folder["tap"], nil)
        try connection.execute(schema)
        for id in 0..<400 { try connection.execute("INSERT INTO item VALUES (\(id), 'n', zeroblob(\(id * 20)))") }
        try connection.close()
        var bytes = try folder.bytes(of: "tap")
        var random = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            // Near the beginning of a page is where its structure is.
            let position = random.next(below: bytes.count / 4096) * 4096 + random.next(below: seed % 2 == 0 ? 4096 : 64)
            bytes[position] =
                seed < 3 ? UInt8(random.next(below: 256)) : [0, 2, 5, 10, 13, 0x7F, 0x80, 0xFF][random.next(below: 8)]
        }
        try folder.write(bytes, to: "tap")
        var count = 0
        let image = try PageImage(path: folder["tap"], protection: nil)
        _ = RecordScanner(image).scan { _ in count += 1 }
        #expect(count < bytes.count)
    }
}
