import Glibc
import TapData
import TapTesting
import Testing

/// What an administrator does with the storage of an application: history, copies, damage, encryption.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct StorageTests {
    private let bench: Bench
    private let listen = "tcp:0:interface=127.0.0.1"

    init() throws { bench = try Bench(program: "fibonacci") }

    private func number(_ served: Served) async throws -> String {
        let connection = try served.connect()
        return String(decoding: try await connection.receiveAll().dropLast(), as: UTF8.self)
    }

    private func bytes(_ name: String) throws -> [UInt8] {
        let file = try #require(fopen(bench.folder[name], "r"))
        defer { fclose(file) }
        fseek(file, 0, SEEK_END)
        var content = [UInt8](repeating: 0, count: ftell(file))
        rewind(file)
        #expect(fread(&content, 1, content.count, file) == content.count)
        return content
    }

    private func write(_ content: [UInt8], to name: String) throws {
        let file = try #require(fopen(bench.folder[name], "w"))
        defer { fclose(file) }
        #expect(fwrite(content, 1, content.count, file) == content.count)
    }

    private func comments() async throws -> [String?] {
        guard case .array(let revisions) = try await bench.json("tapctl", "history", "fibonacci.tap") else { return [] }
        return revisions.map { $0["comment"]?.string }
    }

    @Test func makesSnapshotsByTheClockAndAtTheEndWhenSomethingChanged() async throws {
        try await bench.done("mktap", "fibonacci", "--listen", listen)
        var served = try await bench.serve("-f", "fibonacci.tap", "--save-every", "100ms")
        _ = try await number(served)
        while try await comments().count < 2 {}
        _ = try await served.stop()
        #expect(try await comments() == ["", "every 0.1 seconds"])
        served = try await bench.serve("-f", "fibonacci.tap")
        _ = try await number(served)
        _ = try await served.stop()
        served = try await bench.serve("-f", "fibonacci.tap")
        _ = try await served.stop()
        #expect(try await comments() == ["", "every 0.1 seconds", "at the end"])
        let changed = try await bench.done(
            "tapctl", "diff", "fibonacci.tap", "1", "3", "--state", "--service", "fibonacci")
        #expect(changed == "+ fibonacci.state.sequence: {\"first\":\"1\",\"second\":\"2\"}\n")
        #expect(try await bench.done("tapctl", "diff", "fibonacci.tap", "1", "3", "--settings") == "")
        #expect(try await bench.done("tapctl", "diff", "fibonacci.tap", "1", "--service", "other") == "")
        // Any of these points can be had back, by its number or its time.
        try await bench.done("tapctl", "rollback", "fibonacci.tap", "2")
        let history = try await bench.json("tapctl", "history", "fibonacci.tap")
        let time = try #require(history["2", "time"]?.string)
        let then = try await bench.json("tapctl", "show", "fibonacci.tap", "fibonacci.state.sequence", "--at", time)
        #expect(then == .object(["first": .string("1"), "second": .string("2")]))
        #expect(try await bench.run("tapctl", "show", "fibonacci.tap", "--at", "2001-01-01").status == 64)
    }

    @Test func prunesAsTheDescriptionSays() async throws {
        try write(
            Array(
                """
                taproom: 1
                name: fibonacci
                retention: {keep: 3, size: 10MB}
                services: [{kind: fibonacci, listen: "\(listen)"}]
                """.utf8), to: "site.yaml")
        try await bench.done("mktap", "--from", "site.yaml")
        for name in ["a", "keep-me", "c"] { try await bench.done("tapctl", "snapshot", "fibonacci.tap", name) }
        for _ in 0..<5 { try await bench.done("tapctl", "snapshot", "fibonacci.tap") }
        let expected = "fibonacci.tap: 3 revisions would go;"
        #expect(try await bench.done("tapctl", "prune", "fibonacci.tap", "--dry-run").hasPrefix(expected))
        #expect(
            try await bench.done("tapctl", "prune", "fibonacci.tap").hasPrefix("fibonacci.tap: 3 revisions removed;"))
        #expect(
            try await bench.json("tapctl", "prune", "fibonacci.tap", "a", "c")["revisions"]
                == .array([.integer(2), .integer(4)]))
        #expect(try await bench.run("tapctl", "prune", "fibonacci.tap", "a").status == 64)
        #expect(try await bench.run("tapctl", "rollback", "fibonacci.tap", "1").status == 64)
        #expect(try await bench.done("tapctl", "export", "fibonacci.tap").contains("retention:"))
    }

    @Test func fallsBackToTheNewestGoodPointAndSetsTheDamagedTapAside() async throws {
        try await bench.done("mktap", "fibonacci", "--listen", listen)
        var served = try await bench.serve("-f", "fibonacci.tap")
        for _ in 0..<7 { _ = try await number(served) }
        try await bench.done("tapctl", "snapshot", "fibonacci.tap", "seven")
        for _ in 0..<3 { _ = try await number(served) }
        _ = try await served.stop()
        // The page with the value of now is ruined: the words of the cell are in one of "state" and one of "past".
        let whole = try bytes("fibonacci.tap")
        var fallen = 0
        for page in 1...whole.count / 4096 {
            var content = whole
            content[(page - 1) * 4096 + 3000] ^= 1
            try write(content, to: "fibonacci.tap")
            served = try await bench.serve("-f", "fibonacci.tap")
            let next = try await number(served)
            let log = try await served.stop()
            #expect(next == "55" || next == "13", "page \(page): \(next): \(log.output)")
            guard next == "13" else { continue }
            fallen += 1
            let line = try #require(log.output.split(separator: "\n").first { $0.contains("the tap was damaged") })
            #expect(line.contains("it goes on as at revision 2"))
            let aside = try #require(line.split { " \"=".contains($0) }.first { $0.contains(".damaged-") })
            #expect(try bytes(String(aside)) == content)
            unlink(bench.folder[String(aside)])
        }
        #expect(fallen == 1)
    }

    @Test func repairsIntoANewFileAndSaysWhatIsLost() async throws {
        try await bench.done("mktap", "fibonacci", "--listen", listen)
        let served = try await bench.serve("-f", "fibonacci.tap")
        _ = try await number(served)
        _ = try await served.stop()
        let whole = try bytes("fibonacci.tap")
        var lost = 0
        for page in 1...whole.count / 4096 {
            var content = whole
            content[(page - 1) * 4096 + 3000] ^= 1
            try write(content, to: "fibonacci.tap")
            let outcome = try await bench.run("tapctl", "repair", "fibonacci.tap", "--force")
            #expect(outcome.output.contains("1 of \(whole.count / 4096) pages are not what was written"))
            #expect(outcome.output.hasSuffix("fibonacci.repaired.tap: made of what could be read\n"))
            #expect(try await bench.run("tapctl", "verify", "fibonacci.repaired.tap").status == 0)
            guard outcome.status != 0 else { continue }
            #expect(outcome.status == 65)
            #expect(outcome.output.contains("lost: fibonacci.state.sequence since revision 2\n"))
            lost += 1
        }
        #expect(lost == 1)
    }

    @Test func anEncryptedApplicationShowsNothingOnTheDisk() async throws {
        try write(Array("correct horse\n".utf8), to: "pass")
        try write(Array("battery staple\n".utf8), to: "other")
        try await bench.done("mktap", "-e", "--passphrase-file", "pass", "fibonacci", "--listen", listen)
        var served = try await bench.serve("-f", "fibonacci.tap", "--passphrase-file", "pass")
        _ = try await number(served)
        try await bench.done("tapctl", "snapshot", "fibonacci.tap", "telltale")
        try await bench.done("tapctl", "backup", "fibonacci.tap", "copy.tap", "--passphrase-file", "pass")
        let exported = try await bench.done("tapctl", "export", "fibonacci.tap", "--passphrase-file", "pass")
        for content in [
            try bytes("fibonacci.tap"), try bytes("fibonacci.tap-wal"), try bytes("copy.tap"), Array(exported.utf8),
        ] {
            for word in ["fibonacci", "telltale", "listen", "sequence", "SQLite format"] {
                #expect(!content.indices.contains { content[$0...].starts(with: Array(word.utf8)) }, "\(word)")
            }
        }
        served.program.signal(SIGKILL)
        _ = try await served.program.end()
        let refused = try await bench.run("tapd", "-f", "fibonacci.tap", "--passphrase-file", "other")
        #expect(refused.status == 77)
        #expect(refused.errors == "tapd: fibonacci.tap: the passphrase does not open it.\n")
        served = try await bench.serve("-f", "fibonacci.tap", "--passphrase-file", "pass")
        #expect(try await number(served) == "1")
        let running = try await bench.run(
            "tapctl", "rekey", "fibonacci.tap", "--passphrase-file", "pass", "--new-passphrase-file", "other")
        #expect(running.status == 75)
        _ = try await served.stop()
        try await bench.done(
            "tapctl", "rekey", "fibonacci.tap", "--passphrase-file", "pass", "--new-passphrase-file", "other")
        #expect(try await bench.run("tapctl", "status", "fibonacci.tap", "--passphrase-file", "pass").status == 77)
        served = try await bench.serve("-f", "fibonacci.tap", "--passphrase-file", "other")
        #expect(try await number(served) == "1")
        _ = try await served.stop()
        // What was exported makes an equal tap, encrypted as well.
        try write(Array(exported.utf8), to: "exported")
        try await bench.done("mktap", "--from", "exported", "-o", "second.tap", "--passphrase-file", "pass")
        let plain = try await bench.done("tapctl", "export", "second.tap", "--plain", "--passphrase-file", "pass")
        #expect(plain.hasPrefix("taproom: 1\nname: fibonacci\n"))
    }

    @Test func aTapOfAnEarlierFormatRuns() async throws {
        let fixtures = #filePath.split(separator: "/").dropLast(2).reduce("") { "\($0)/\($1)" } + "/Fixtures/"
        _ = try await Program.run("cp", [fixtures + "numbers-1.tap", "fibonacci.tap"], in: bench.folder.path)
        #expect(try await bench.run("tapctl", "verify", "fibonacci.tap").status == 0)
        let served = try await bench.serve("-f", "fibonacci.tap")
        #expect(try await number(served) == "3")
        _ = try await served.stop()
        try await bench.done("tapctl", "rollback", "fibonacci.tap", "three")
        #expect(try await bench.done("tapctl", "verify", "fibonacci.tap") == "fibonacci.tap: no problems found\n")
    }

    @Test func aServiceOfAnUnknownKindIsKeptInQuarantine() async throws {
        let shipped = try Bench()
        try await shipped.done("mktap", "web", "--listen", listen)
        try await shipped.done("mktap", "--append", "web.tap", "web", "--listen", listen)
        _ = try await Program.run(
            "sqlite3", ["web.tap", ".backup web.copy"], in: shipped.folder.path)
        // The program of the sample does not know the kind, and does not touch it.
        let path = shipped.folder["web.tap"]
        let refused = try await bench.run("tapd", "-f", path)
        #expect(refused.status == 78)
        #expect(refused.errors.contains("no kind is called \"web\""))
        let served = try await bench.serve("-f", path, "--quarantine")
        let status = try await bench.json("tapctl", "status", path)
        #expect(status["services", "0", "state"] == .string("quarantined"))
        let end = try await served.stop()
        #expect(end.status == 0)
        let back = try await shipped.serve("-f", "web.tap")
        #expect(back.ports.count == 2)
        _ = try await back.stop()
    }
}
