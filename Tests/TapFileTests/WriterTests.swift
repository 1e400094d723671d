import Glibc
import Synchronization
@testable import TapFile
import TapTesting
@testable import Taproom
import Testing

@Suite(.timeLimit(.minutes(10))) struct WriterTests {
    static let count = Cell("count", initial: 0, durability: .always)
    static let words = Cell("words", initial: [String](), durability: .always)
    static let minute = Cell("minute", initial: 0, durability: .everySecond)
    static let late = Cell("late", initial: 0, durability: .snapshot)

    struct Refused: Error, Equatable {}

    /// A value that can't always be stored.
    private struct Fussy: Codable, Sendable {
        var number = UInt64(0)
    }
    private static let fussy = Cell("fussy", initial: Fussy(), durability: .snapshot)
    private static let fussyAlways = Cell("fussyAlways", initial: Fussy(), durability: .always)

    /// Runs a body with the writer of a new tap, and then with its path, when the writer is closed.
    func withWriter(
        _ body: (TapWriter) async throws -> Void, then check: (Tap) throws -> Void = { _ in }
    ) async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/site.tap"
            try Tap.make(path, application(service("web")), by: ada)
            let writer = try TapWriter(Tap(opening: path, for: .writing))
            try await body(writer)
            try await writer.close()
            #expect(try names(in: folder) == ["site.tap"])
            let tap = try Tap(opening: path, for: .reading)
            try check(tap)
            try tap.close()
        }
    }

    func open<Value, Durability>(
        _ cell: Cell<Value, Durability>, _ writer: TapWriter
    ) async throws -> StoredCell<Value, Durability> {
        try await StoredCell(cell, service: 1, in: writer)
    }

    /// Waits for something, and gives up after a minute.
    func eventually(_ isTrue: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while try await !isTrue() {
            try #require(ContinuousClock.now < end)
            await Task.yield()
        }
    }

    @Test func anUpdateAnswersWhatItsBodyDoesAndIsOnDiskThen() async throws {
        try await withWriter { writer in
            let cell = try await open(WriterTests.count, writer)
            let answer = try await cell.update { value in
                value += 5
                return "now \(value)"
            }
            #expect((answer, cell.value) == ("now 5", 5))
            #expect(try await writer.perform { try $0.number() } == 5)
        }
    }

    @Test func aBodyThatThrowsLeavesNothingBehind() async throws {
        try await withWriter { writer in
            let cell = try await open(WriterTests.count, writer)
            await #expect(throws: Refused.self) {
                try await cell.update { value in
                    value = 99
                    throw Refused()
                }
            }
            #expect(cell.value == 0)
            #expect(try await writer.perform { try $0.number() } == nil)
        }
    }

    @Test func aBodyThatThrowsDoesNotHarmTheOthersOfItsTransaction() async throws {
        try await withWriter { writer in
            let cell = try await open(WriterTests.count, writer)
            let refused = Counter()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<300 {
                    group.addTask {
                        do {
                            try await cell.update { value in
                                value += 1
                                if index % 3 == 0 { throw Refused() }
                            }
                        } catch is Refused {
                            refused.increase()
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect((cell.value, refused.value) == (200, 100))
        } then: { tap in
            try #expect(tap.number() == 200)
        }
    }

    @Test func concurrentUpdatesAreAllCounted() async throws {
        try await withWriter { writer in
            let cell = try await open(WriterTests.count, writer)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<16 {
                    group.addTask { for _ in 0..<200 { try await cell.update { $0 += 1 } } }
                }
                try await group.waitForAll()
            }
            #expect(cell.value == 3200)
        } then: { tap in
            try #expect(tap.number() == 3200)
        }
    }

    @Test func updatesThatWaitTogetherShareOneTransaction() async throws {
        try await withWriter { writer in
            let cell = try await open(WriterTests.count, writer)
            try await cell.update { $0 = 0 }
            let before = try await framesInLog(writer)
            // While this one waits, the others gather.
            let queued = Counter()
            let gate = Gate()
            async let blocking: Void = writer.perform { _ in gate.wait() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<100 {
                    group.addTask {
                        queued.increase()
                        try await cell.update { $0 += 1 }
                    }
                }
                try await eventually { queued.value == 100 }
                gate.open()
                try await group.waitForAll()
            }
            try await blocking
            #expect(cell.value == 100)
            // A transaction of one cell writes one or two pages; a hundred would write a hundred or more.
            #expect(try await framesInLog(writer) - before < 50)
        }
    }

    private func framesInLog(_ writer: TapWriter) async throws -> Int64 {
        try await writer.perform { tap in
            try tap.database.rows("PRAGMA wal_checkpoint(PASSIVE)") { $0.integer(1) }[0]
        }
    }

    @Test func aDiskThatFailsLeavesTheValueAsItWasAndLaterUpdatesWork() async throws {
        try await withWriter { writer in
            let (count, words) = (try await open(WriterTests.count, writer), try await open(WriterTests.words, writer))
            try await count.update { $0 = 1 }
            try await writer.perform { tap in
                try tap.database.execute(
                    "CREATE TEMP TRIGGER broken BEFORE INSERT ON main.state BEGIN SELECT RAISE(ABORT, 'the disk is broken'); END"
                )
            }
            let error = await #expect(throws: TapFileError.self) { try await words.update { $0.append("lost") } }
            #expect(error?.description.hasSuffix("cannot be read or written: the disk is broken") == true)
            #expect(words.value == [])
            try await writer.perform { try $0.database.execute("DROP TRIGGER broken") }
            try await words.update { $0.append("kept") }
            #expect((count.value, words.value) == (1, ["kept"]))
        } then: { tap in
            try #expect(tap.state().count == 2)
        }
    }

    @Test func aFullDiskFailsAllThatWaitAndNoneIsHalfDone() async throws {
        try await withWriter { writer in
            let cell = try await open(WriterTests.words, writer)
            try await writer.perform { try $0.database.execute("PRAGMA max_page_count = 1") }
            let failures = Counter()
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        do {
                            try await cell.update { $0.append(String(repeating: "x", count: 100_000)) }
                        } catch {
                            #expect((error as? TapFileError)?.exitStatus == .inputOutput)
                            failures.increase()
                        }
                    }
                }
            }
            #expect((failures.value, cell.value) == (20, []))
            try await writer.perform { try $0.database.execute("PRAGMA max_page_count = 1000000") }
            try await cell.update { $0.append("y") }
            #expect(cell.value == ["y"])
        }
    }

    @Test func aValueThatCannotBeStoredFailsItsUpdateOnly() async throws {
        try await withWriter { writer in
            let cell = try await open(WriterTests.fussyAlways, writer)
            await #expect(throws: EncodingError.self) { try await cell.update { $0.number = .max } }
            #expect(cell.value.number == 0)
            try await cell.update { $0.number = 7 }
            #expect(cell.value.number == 7)
        }
    }

    @Test func deferredChangesAreSeenAtOnceAndStoredWithACommit() async throws {
        try await withWriter { writer in
            let cell = try await open(WriterTests.late, writer)
            cell.update { $0 = 3 }
            #expect(cell.value == 3)
            #expect(try await writer.perform { try $0.number(cell: "late") } == nil)
            try await writer.commit { _ = try $0.addRevision(.snapshot, by: ada) }
            #expect(try await writer.perform { try $0.number(cell: "late", at: 2) } == 3)
        }
    }

    @Test func deferredChangesAreStoredAtTheEnd() async throws {
        try await withWriter { writer in
            try await open(WriterTests.late, writer).update { $0 = 4 }
            try await open(WriterTests.minute, writer).update { $0 = 5 }
        } then: { tap in
            try #expect(tap.number(cell: "late") == 4)
            try #expect(tap.number(cell: "minute") == 5)
        }
    }

    @Test func everySecondIsStoredWithoutFurtherActivity() async throws {
        try await withWriter { writer in
            let cell = try await open(WriterTests.minute, writer)
            cell.update { $0 = 6 }
            try await eventually { writer.lossWindow == 0 }
            #expect(try await writer.perform { try $0.number(cell: "minute") } == 6)
        }
    }

    @Test func aFailedCommitKeepsDeferredChangesForTheNext() async throws {
        try await withWriter { writer in
            let cell = try await open(WriterTests.late, writer)
            cell.update { $0 = 8 }
            await #expect(throws: Refused.self) { try await writer.commit { _ in throw Refused() } }
            #expect(cell.changedSince != nil)
            try await writer.commit { _ in }
            #expect(try await writer.perform { try $0.number(cell: "late") } == 8)
        }
    }

    @Test func aDeferredValueThatCannotBeStoredIsNotForgotten() async throws {
        try await withWriter { writer in
            let cell = try await open(WriterTests.fussy, writer)
            cell.update { $0.number = .max }
            await #expect(throws: EncodingError.self) { try await writer.commit { _ in } }
            await #expect(throws: EncodingError.self) { try await writer.commit { _ in } }
            cell.update { $0.number = 1 }
            try await writer.commit { _ in }
            #expect(cell.changedSince == nil)
        }
    }

    @Test func releasedCellsAreStoredAndForgotten() async throws {
        try await withWriter { writer in
            let cell = try await open(WriterTests.late, writer)
            cell.update { $0 = 1 }
            try await writer.release(service: 1)
            cell.update { $0 = 2 }
        } then: { tap in
            try #expect(tap.number(cell: "late") == 1)
        }
    }

    @Test func discardedCellsAreNotStored() async throws {
        try await withWriter { writer in
            let cell = try await open(WriterTests.late, writer)
            cell.update { $0 = 1 }
            writer.discard(service: 1)
        } then: { tap in
            try #expect(tap.number(cell: "late") == nil)
        }
    }

    @Test func nothingIsTakenAfterTheEnd() async throws {
        try await withTemporaryFolder { folder in
            try Tap.make(folder + "/a.tap", application(service("web")), by: ada)
            let writer = try TapWriter(Tap(opening: folder + "/a.tap", for: .writing))
            let cell = try await open(WriterTests.count, writer)
            try await writer.close()
            await #expect(throws: StateError.closed) { try await cell.update { $0 += 1 } }
            await #expect(throws: StateError.closed) { try await writer.perform { _ in } }
            // It is free for others at once.
            try Tap(opening: folder + "/a.tap", for: .writing).close()
        }
    }

    @Test func aCellFindsWhatItStored() async throws {
        try await withWriter { writer in
            try await open(WriterTests.words, writer).update { $0 = ["a", "é\0"] }
            #expect(try await open(WriterTests.words, writer).value == ["a", "é\0"])
        }
    }

    @Test func aCellOfAnotherVersionOrTypeIsRefusedAndStays() async throws {
        try await withWriter { writer in
            try await open(Cell("count", initial: 5, durability: .always, migration: Migration(version: 2)), writer)
                .update { $0 += 1 }
            await #expect(
                throws: StateError.otherVersion(cell: "count", VersionProblem(stored: 2, oldest: 1, known: 1))
            ) {
                try await open(WriterTests.count, writer)
            }
            await #expect(throws: StateError.unreadable(cell: "count", problem: "must be text, but is 6")) {
                try await open(
                    Cell("count", initial: "", durability: .always, migration: Migration(version: 2)), writer)
            }
        } then: { tap in
            try #expect(tap.number() == 6)
        }
    }
}

private final class Counter: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock { $0 } }

    func increase() { count.withLock { $0 += 1 } }
}

/// Lets a thread wait for a test.
final class Gate: Sendable {
    private let state = Mutex((isOpen: false, isReached: false))

    /// Whether the thread is there.
    var isReached: Bool { state.withLock { $0.isReached } }

    func open() { state.withLock { $0.isOpen = true } }

    func wait() {
        while !state.withLock({ state in
            state.isReached = true
            return state.isOpen
        }) { sched_yield() }
    }
}
