import Glibc
@testable import TapFile
import TapPages
import TapTesting
import Taproom
import Testing

@Suite(.timeLimit(.minutes(5))) struct RescueTests {
    /// A tap with cells, a table, history; ended well.
    private func withHistory(_ body: (String) throws -> Void) throws {
        try withTap { path in
            let tap = try Tap(opening: path, for: .writing)
            for number in 1...40 {
                try tap.set(Int64(number))
                try tap.commit {
                    for row in 0..<20 {
                        var address = try tap.address("web", "table")
                        address.key = .integer(Int64(number * 20 + row))
                        try tap.setState(
                            address,
                            StoredValue(version: 1, bytes: [0x58, 200] + [UInt8](repeating: UInt8(number), count: 200)))
                    }
                }
                if number % 10 == 0 {
                    _ = try tap.change(to: application(service("web", greeting: "\(number)")))
                } else {
                    _ = try tap.snapshot()
                }
            }
            try tap.close()
            try body(path)
        }
    }

    private func ruin(page: Int, of path: String) throws {
        var content = try bytes(of: path)
        content[(page - 1) * 4096 + 2000] ^= 0x10
        try write(content, to: path)
    }

    @Test func aWholeTapIsReadWhole() throws {
        try withHistory { path in
            let expected = try Tap(opening: path, for: .reading).state()
            let rescue = try Rescue(path)
            #expect(rescue.report.badPages == [] && rescue.report.lost == [] && rescue.report.isNowWhole)
            #expect(try rescue.tap.state() == expected)
            #expect(try rescue.tap.integrityFindings() == [])
            #expect(rescue.report.found["revision"] == 41)
        }
    }

    @Test func anyPageMayBeRuinedAndWhatIsReadIsTrue() throws {
        try withHistory { path in
            let whole = try bytes(of: path)
            let original = try Tap(opening: path, for: .reading)
            let (truth, history) = (Set(try original.state().map { "\($0)" }), try original.history())
            let application = try original.application()
            try original.close()
            var recovered = 0
            for page in 1...whole.count / 4096 {
                try write(whole, to: path)
                try ruin(page: page, of: path)
                let rescue = try Rescue(path)
                #expect(rescue.report.badPages == [page])
                // One page never costs the history or the settings: they stand in the file twice.
                #expect(try rescue.tap.history() == history)
                #expect(try rescue.tap.application() == application)
                let found = try rescue.tap.state()
                for entry in found where !truth.contains("\(entry)") { Issue.record("page \(page): \(entry)") }
                #expect(found.count + rescue.report.lost.filter { $0.died == nil }.count == truth.count)
                guard let good = rescue.report.goodRevision else { continue }
                _ = try rescue.fallBack(by: ada)
                recovered += 1
                #expect(try rescue.tap.integrityFindings() == [])
                #expect(try rescue.tap.latestRevision() == 42)
                // Where it goes back to is as it was, to the last value.
                if !rescue.report.isNowWhole {
                    try write(whole, to: path)
                    let original = try Tap(opening: path, for: .reading)
                    #expect(try rescue.tap.state() == original.state(at: good))
                    try original.close()
                }
            }
            #expect(recovered > whole.count / 4096 * 3 / 4)
        }
    }

    @Test func aFileThatIsCutOffGivesWhatIsInIt() throws {
        try withHistory { path in
            let whole = try bytes(of: path)
            for length in stride(from: 4096, to: whole.count, by: 7001) {
                try write(Array(whole.prefix(length)), to: path)
                guard let rescue = try? Rescue(path) else { continue }
                #expect(!rescue.report.badPages.isEmpty)
                #expect(try rescue.tap.integrityFindings().allSatisfy { !$0.hasPrefix("the file") })
            }
        }
    }

    @Test func theDamagedTapStaysBesideTheOneThatTakesItsPlace() throws {
        try withHistory { path in
            let folder = String(path.dropLast("/site.tap".count))
            try ruin(page: 3, of: path)
            let damaged = try bytes(of: path)
            let lock = try TapLock(path, .writing)
            let rescue = try Rescue(path)
            _ = try rescue.fallBack(by: ada)
            let name = try rescue.takePlace(holding: lock)
            #expect(name.hasPrefix(path + ".damaged-20"))
            #expect(try bytes(of: name) == damaged)
            #expect(try names(in: folder).count == 2)
            let tap = try Tap(opening: path, for: .writing)
            #expect(try tap.integrityFindings() == [])
            try tap.close()
        }
    }

    @Test func changesInALogThatACrashLeftAreRescuedToo() throws {
        try withTap { path in
            let tap = try Tap(opening: path, for: .writing)
            for number in 1...20 { try tap.set(Int64(number)) }
            let crashed = path + ".crashed"
            try write(bytes(of: path), to: crashed)
            try write(bytes(of: path + "-wal"), to: crashed + "-wal")
            try tap.close()
            let rescue = try Rescue(crashed)
            #expect(try rescue.tap.number() == 20)
            // A hole in the log: what was acknowledged behind it is lost, and that is said.
            var log = try bytes(of: crashed + "-wal")
            log[log.count / 2] ^= 1
            try write(log, to: crashed + "-wal")
            guard case .damaged? = tapError({ _ = try Tap(opening: crashed, for: .writing) }) else {
                Issue.record("a hole in the log is not noticed")
                return
            }
            let second = try Rescue(crashed)
            #expect(second.report.isLogDamaged && second.report.isNowWhole)
            #expect(try (1..<20).contains(second.tap.number() ?? 0))
        }
    }

    @Test func whatIsNoTapIsRefused() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/a.tap"
            try write(Array("hello".utf8), to: path)
            #expect(tapError { _ = try Rescue(path) } == .notATap(path: path, found: "it is no SQLite file"))
            #expect(tapError { _ = try Rescue(folder) } == .notAFile(path: folder, what: "a folder"))
        }
    }
}
