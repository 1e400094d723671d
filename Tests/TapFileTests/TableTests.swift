import Logging
@testable import TapFile
import TapTesting
@testable import Taproom
import Testing

@Suite(.timeLimit(.minutes(10))) struct TableTests {
    private struct Visit: Codable, Sendable, Equatable {
        var count = 0
        var page = ""
    }
    private struct Refused: Error, Equatable {}

    private static let visits = Table("visits", of: Visit.self, by: String.self, durability: .always)
    private static let numbers = Table("numbers", of: Int.self, by: Int.self, durability: .always, cachedRows: 2)
    private static let late = Table("late", of: Int.self, by: Int.self, durability: .everySecond)
    private static let snapped = Table("snapped", of: Int.self, by: Int.self, durability: .snapshot)
    private static let total = Cell("total", initial: 0, durability: .always)

    /// Runs a body with the context of a service whose state is in a new tap, twice with the same tap when asked.
    private func withContexts(_ bodies: (ServiceContext, TapWriter) async throws -> Void...) async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/site.tap"
            try Tap.make(path, application(service("web")), by: ada)
            for body in bodies {
                let tap = try Tap(opening: path, for: .writing)
                try tap.openReadingConnection()
                let writer = try TapWriter(tap)
                try await body(context(writer), writer)
                try await writer.close()
                try #expect(names(in: folder) == ["site.tap"])
            }
            let tap = try Tap(opening: path, for: .reading)
            try #expect(tap.integrityFindings() == [])
            try tap.close()
        }
    }

    private func context(_ store: any StateStore) -> ServiceContext {
        ServiceContext(
            name: "web", logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, listeners: [], identity: 1,
            store: store)
    }

    private func keys<Key, Value>(_ rows: TableRows<Key, Value>) async throws -> [Key] {
        try await rows.reduce(into: []) { $0.append($1.key) }
    }

    @Test func rowsAreThereAfterTheEnd() async throws {
        try await withContexts(
            { context, _ in
                let visits = context.open(TableTests.visits)
                try await visits.set(Visit(count: 1, page: "/"), for: "alice")
                try await visits.update("bob") { visit in
                    #expect(visit == nil)
                    visit = Visit(count: 2, page: "/b")
                }
                try await visits.update("alice") { $0?.count += 10 }
                try await #expect(visits.value(for: "alice") == Visit(count: 11, page: "/"))
            },
            { context, _ in
                let visits = context.open(TableTests.visits)
                try await #expect(visits.value(for: "alice") == Visit(count: 11, page: "/"))
                try await #expect(visits.value(for: "carol") == nil)
                try await #expect(keys(visits.rows()) == ["alice", "bob"])
                try await visits.set(nil, for: "alice")
                try await #expect(visits.value(for: "alice") == nil)
                try await #expect(visits.count() == 1)
            })
    }

    @Test func rowsAreInTheOrderOfTheirKeysAlsoOverManyPages() async throws {
        try await withContexts({ context, writer in
            let numbers = context.open(TableTests.numbers)
            var random = SeededGenerator(seed: 1)
            let all = Array(-700..<700).shuffled(using: &random)
            try await context.transaction { change in
                for number in all { change.set(number * 2, for: number, in: numbers) }
            }
            try await #expect(keys(numbers.rows()) == Array(-700..<700))
            try await #expect(keys(numbers.rows(descending: true)) == Array(-700..<700).reversed())
            try await #expect(keys(numbers.rows(in: -5..<5)) == Array(-5..<5))
            try await #expect(keys(numbers.rows(in: -5...5, descending: true)) == Array(-5...5).reversed())
            try await #expect(keys(numbers.rows(in: 600...)) == Array(600..<700))
            try await #expect(keys(numbers.rows(in: ..<(-600))) == Array(-700..<(-600)))
            try await #expect(keys(numbers.rows(in: ...(-600))) == Array(-700...(-600)))
            try await #expect(numbers.count(in: 0...255) == 256)
            for number in [-700, 3, 699] { try await #expect(numbers.value(for: number) == number * 2) }
        })
    }

    @Test func textsAreInTheOrderOfTheirBytesAndSpellingsAreKeptApart() async throws {
        try await withContexts({ context, _ in
            let visits = context.open(TableTests.visits)
            let names = ["b", "a", "Z", "\u{e9}", "e\u{301}", "", "a\0b", "😀"]
            for name in names { try await visits.set(Visit(page: name), for: name) }
            let found = try await keys(visits.rows())
            #expect(
                found.map { Array($0.utf8) }
                    == ["", "Z", "a", "a\0b", "b", "e\u{301}", "\u{e9}", "😀"].map { Array($0.utf8) })
            try await #expect(keys(visits.rows(in: "a"..<"b")) == ["a", "a\0b"])
        })
    }

    @Test func bytesAndRawValuesAreKeysToo() async throws {
        let hashes = Table("hashes", of: Int.self, by: [UInt8].self, durability: .always)
        let colours = Table("colours", of: Int.self, by: Colour.self, durability: .always)
        try await withContexts({ context, _ in
            let (hashes, colours) = (context.open(hashes), context.open(colours))
            for bytes in [[2], [], [0, 0], [0]] as [[UInt8]] { try await hashes.set(bytes.count, for: bytes) }
            try await #expect(keys(hashes.rows()) == [[], [0], [0, 0], [2]])
            try await colours.set(1, for: .red)
            try await #expect(colours.value(for: .red) == 1)
            try await #expect(keys(colours.rows()) == [.red])
        })
    }

    private enum Colour: String, TableKey { case red, green }

    @Test func severalCellsAndRowsChangeTogetherOrNotAtAll() async throws {
        try await withContexts(
            { context, _ in
                let (visits, total) = (context.open(TableTests.visits), try await context.open(TableTests.total))
                try await context.transaction { change in
                    try change.update(total) { $0 += 2 }
                    change.set(Visit(count: 1), for: "a", in: visits)
                    try change.update("a", in: visits) { $0?.count += 1 }
                    #expect(change.value(of: total) == 2)
                    try #expect(change.value(for: "a", in: visits) == Visit(count: 2))
                }
                await #expect(throws: Refused.self) {
                    try await context.transaction { change in
                        try change.update(total) { $0 = 99 }
                        change.set(nil, for: "a", in: visits)
                        throw Refused()
                    }
                }
                #expect(total.value == 2)
                try await #expect(visits.value(for: "a") == Visit(count: 2))
            },
            { context, _ in
                try await #expect(context.open(TableTests.total).value == 2)
                try await #expect(context.open(TableTests.visits).value(for: "a") == Visit(count: 2))
            })
    }

    @Test func moneyIsNeitherMadeNorLostByTransfersAtTheSameTime() async throws {
        try await withContexts({ context, _ in
            let accounts = context.open(TableTests.numbers)
            for number in 0..<10 { try await accounts.set(100, for: number) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for seed in 0..<8 as Range<UInt64> {
                    group.addTask {
                        var random = SeededGenerator(seed: seed)
                        for _ in 0..<100 {
                            let (from, to) = (Int(random.next(below: 10)), Int(random.next(below: 10)))
                            try? await context.transaction { change in
                                let left = try change.update(from, in: accounts) { balance in
                                    balance = (balance ?? 0) - 30
                                    return balance ?? 0
                                }
                                guard left >= 0 else { throw Refused() }
                                try change.update(to, in: accounts) { $0 = ($0 ?? 0) + 30 }
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            let sum = try await accounts.rows().reduce(0) { $0 + $1.value }
            #expect(sum == 1000)
            for try await account in accounts.rows() { #expect(account.value >= 0) }
        })
    }

    @Test func deferredRowsAreSeenAtOnceAndStoredLater() async throws {
        try await withContexts(
            { context, writer in
                let table = context.open(TableTests.snapped)
                for number in stride(from: 0, to: 600, by: 2) { table.set(number, for: number) }
                try await writer.commit { _ in }
                for number in stride(from: 1, to: 600, by: 2) { table.set(number, for: number) }
                table.set(nil, for: 4)
                try await table.update(6) { $0 = ($0 ?? 0) + 1000 }
                try await #expect(keys(table.rows()) == Array(0..<600).filter { $0 != 4 })
                try await #expect(keys(table.rows(in: 3...7, descending: true)) == [7, 6, 5, 3])
                try await #expect(table.value(for: 6) == 1006)
                try await #expect(table.value(for: 4) == nil)
                #expect(writer.lossWindow > 0)
            },
            { context, writer in
                let table = context.open(TableTests.snapped)
                try await #expect(keys(table.rows()) == Array(0..<600).filter { $0 != 4 })
                try await #expect(table.value(for: 6) == 1006)
                #expect(writer.lossWindow == 0)
            })
    }

    @Test func rowsOfEverySecondAreStoredByTheClock() async throws {
        try await withContexts({ context, writer in
            let table = context.open(TableTests.late)
            table.set(7, for: 1)
            let end = ContinuousClock.now + .seconds(60)
            while try await writer.perform({ try $0.count("state") }) == 0 {
                try #require(ContinuousClock.now < end)
                await Task.yield()
            }
            try await #expect(table.value(for: 1) == 7)
        })
    }

    @Test func veryManyWaitingRowsAreStoredAheadOfTime() async throws {
        try await withContexts({ context, writer in
            let table = context.open(TableTests.snapped)
            for number in 0..<5000 { table.set(number, for: number) }
            let end = ContinuousClock.now + .seconds(60)
            while try await writer.perform({ try $0.count("state") }) == 0 {
                try #require(ContinuousClock.now < end)
                await Task.yield()
            }
        })
    }

    @Test func aRowOfAnotherTypeIsAnErrorAndStays() async throws {
        try await withContexts(
            { context, _ in
                try await context.open(TableTests.visits).set(Visit(count: 1), for: "a")
                let numbers = context.open(Table("visits", of: Int.self, by: String.self, durability: .always))
                await #expect(throws: StateError.self) { try await numbers.value(for: "a") }
                await #expect(throws: StateError.self) { try await numbers.update("a") { $0 = 1 } }
                let others = context.open(Table("visits", of: Visit.self, by: Int.self, durability: .always))
                await #expect(throws: StateError.self) { try await keys(others.rows()) }
            },
            { context, _ in
                try await #expect(context.open(TableTests.visits).value(for: "a") == Visit(count: 1))
            })
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func aTableIsLikeADictionaryWhateverIsDone(seed: UInt64) async throws {
        try await withContexts({ context, writer in
            let (always, later) = (context.open(TableTests.numbers), context.open(TableTests.snapped))
            var random = SeededGenerator(seed: seed)
            var model: [Int: Int] = [:]
            for step in 0..<400 {
                let key = Int(random.next(below: 20))
                switch random.next(below: 8) {
                case 0...3:
                    try await always.set(step, for: key)
                    later.set(step, for: key)
                    model[key] = step
                case 4:
                    try await always.set(nil, for: key)
                    later.set(nil, for: key)
                    model[key] = nil
                case 5: try await writer.commit { _ = try $0.addRevision(.snapshot, by: ada) }
                case 6:
                    let pairs = try await always.rows().reduce(into: [:]) { $0[$1.key] = $1.value }
                    #expect(pairs == model)
                    try await #expect(later.rows().reduce(into: [:]) { $0[$1.key] = $1.value } == model)
                default:
                    try await #expect(always.value(for: key) == model[key])
                    try await #expect(later.value(for: key) == model[key])
                }
            }
        })
    }
}
