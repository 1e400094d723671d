import Glibc
@testable import TapFile
import TapPages
import TapTesting
import Taproom
import Testing

@Suite(.timeLimit(.minutes(10))) struct CopyingTests {
    /// A tap with some history, of a text that can be looked for.
    private func fill(_ tap: Tap) throws {
        for number in 1...30 {
            let text = Array("plainly to be seen \(number)".utf8)
            let cell = StateAddress(
                service: 1, cell: "cell\(number % 5)", key: number % 2 == 0 ? .cell : .text("secret key"))
            try tap.commit { try tap.setState(cell, StoredValue(version: 1, bytes: [0x78, UInt8(text.count)] + text)) }
            if number % 4 == 0 { _ = try tap.snapshot(number == 8 ? "eight" : nil) }
            if number % 10 == 0 { _ = try tap.change(to: application(service("web", greeting: "plainly \(number)"))) }
        }
    }

    private func content(_ path: String, _ passphrase: String? = nil) throws -> Content {
        let tap = try Tap(opening: path, for: .reading, passphrase: passphrase)
        let history = try tap.history()
        let content = Content(
            history: history, now: try tap.state(), state: try history.map { try tap.state(at: $0.revision) },
            applications: try history.map { try tap.application(at: $0.revision) })
        #expect(try tap.integrityFindings() == [])
        try tap.close()
        return content
    }

    private struct Content: Equatable {
        var history: [Revision]
        var now: [StateEntry]
        var state: [[StateEntry]]
        var applications: [Application]
    }

    private func isPlain(_ path: String) throws -> Bool {
        let content = try bytes(of: path)
        return ["plainly", "secret key", "greeter", "eight", "SQLite", "CREATE TABLE"].contains { word in
            content.indices.contains { content[$0...].starts(with: Array(word.utf8)) }
        }
    }

    @Test func aCopyOfATapAtRestIsTheSame() throws {
        try withOpenTap { try fill($0) }
        try withTap { path in
            let tap = try Tap(opening: path, for: .writing)
            try fill(tap)
            try tap.close()
            let copy = path + ".copy"
            try Tap.backUp(path, to: copy)
            #expect(try content(copy) == content(path))
            #expect(tapError { try Tap.backUp(path, to: copy) } == .exists(path: copy))
            try Tap.backUp(path, to: copy, replacing: true)
            #expect(try names(in: String(path.dropLast("/site.tap".count))) == ["site.tap", "site.tap.copy"])
            var file = stat()
            #expect(stat(copy, &file) == 0 && file.st_mode & 0o777 == 0o600)
            // The copy can be gone on with.
            let again = try Tap(opening: copy, for: .writing)
            try again.set(5)
            _ = try again.snapshot()
            try again.close()
        }
    }

    @Test func aCopyOfARunningTapIsOneMomentOfIt() throws {
        try withTap { path in
            let tap = try Tap(opening: path, for: .writing)
            try fill(tap)
            let expected = try tap.state()
            try Tap.backUp(path, to: path + ".copy")
            try tap.set(99)
            #expect(try content(path + ".copy").now == expected)
            try tap.set(100)
            try tap.close()
            #expect(try content(path).now.count == expected.count + 1)
        }
    }

    @Test func anEncryptedTapShowsNothing() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/site.tap"
            try Tap.make(path, application(service("web", greeting: "plainly")), passphrase: "open", by: ada)
            #expect(try !isPlain(path))
            #expect(tapError { _ = try Tap(opening: path, for: .reading) } == .sealed(.passphraseNeeded(path)))
            #expect(
                tapError { _ = try Tap(opening: path, for: .writing, passphrase: "Open") }
                    == .sealed(.wrongPassphrase(path)))
            let tap = try Tap(opening: path, for: .writing, passphrase: "open")
            try fill(tap)
            #expect(try bytes(of: path + "-wal").count > 10_000)
            #expect(try !isPlain(path + "-wal") && !isPlain(path))
            try Tap.backUp(path, to: path + ".copy", passphrase: "open")
            try tap.close()
            #expect(try !isPlain(path) && !isPlain(path + ".copy"))
            #expect(try content(path + ".copy", "open") == content(path, "open"))
            #expect(Tap.isSealed(path) && !Tap.isSealed(folder))
        }
    }

    @Test func aTapIsEncryptedReencryptedAndDecryptedWithoutLoss() throws {
        try withTap { path in
            let tap = try Tap(opening: path, for: .writing)
            try fill(tap)
            try tap.close()
            let expected = try content(path)
            #expect(try isPlain(path))
            for (old, new) in [(nil, "one"), ("one", "two"), ("two", "two"), ("two", nil)] as [(String?, String?)] {
                try Tap.rekey(path, from: old, to: new)
                #expect(try content(path, new) == expected)
                #expect(try isPlain(path) == (new == nil))
                if old != new { #expect(tapError { _ = try content(path, old ?? nil) } != nil || new == nil) }
                let tap = try Tap(opening: path, for: .writing, passphrase: new)
                try tap.close()
                #expect(try names(in: String(path.dropLast("/site.tap".count))) == ["site.tap"])
            }
        }
    }

    @Test func theLogOfAnEncryptedTapIsNotThrownAway() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/site.tap"
            try Tap.make(path, application(service("web")), passphrase: "open", by: ada)
            let tap = try Tap(opening: path, for: .writing, passphrase: "open")
            try tap.set(7)
            let (file, log) = try (bytes(of: path), bytes(of: path + "-wal"))
            try tap.close()
            // As a killed program leaves it.
            try write(file, to: path)
            try write(log, to: path + "-wal")
            #expect(
                tapError { try Tap.make(path, application(service("web")), replacing: true, by: ada) }
                    == .sealed(.passphraseNeeded(path)))
            let again = try Tap(opening: path, for: .writing, passphrase: "open")
            #expect(try again.number() == 7)
            try again.close()
            try Tap.make(path, application(service("web")), replacing: true, by: ada)
            #expect(!Tap.isSealed(path))
        }
    }

    @Test func whatIsTamperedWithIsToldFromAWrongPassphrase() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/site.tap"
            try Tap.make(path, application(service("web")), passphrase: "open", by: ada)
            var whole = try bytes(of: path)
            whole[whole.count / 2] ^= 1
            try write(whole, to: path)
            let error = tapError { _ = try content(path, "open") }
            guard case .damaged? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            whole[whole.count / 2] ^= 1
            whole[100] ^= 1
            whole[2148] ^= 1
            try write(whole, to: path)
            #expect(tapError { _ = try content(path, "open") } == .sealed(.damagedHeader(path)))
        }
    }
}
