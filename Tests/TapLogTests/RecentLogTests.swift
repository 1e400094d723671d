import Logging
import TapData
@testable import TapLog
import Testing

@Suite struct RecentLogTests {
    private func add(_ numbers: ClosedRange<Int>, to log: RecentLog, _ text: String = "") {
        for number in numbers { log.append(LogRecord(.notice, "\(number)\(text)")) }
    }

    @Test func keepsTheNewest() {
        let log = RecentLog()
        #expect(log.newest(10) == [])
        add(1...2500, to: log)
        #expect(log.newest(3).map(\.message) == ["2498", "2499", "2500"])
        #expect(log.newest(3).map(\.number) == [2498, 2499, 2500])
        #expect(log.newest(5000).map(\.number) == Array(1501...2500))
        #expect(log.newest(0) == [])
        #expect(log.newest(-1) == [])
    }

    @Test func doesNotGrowWithTheLengthOfLines() {
        let log = RecentLog()
        add(1...100, to: log, String(repeating: "x", count: 100_000))
        #expect(log.newest(1000).map(\.number) == Array(60...100))
        add(101...101, to: log, String(repeating: "x", count: 10_000_000))
        #expect(log.newest(1000).map(\.number) == [101])
        add(102...102, to: log)
        #expect(log.newest(1000).map(\.number) == [102])
    }

    @Test func aFollowerGetsTheNewestAndThenAll() async {
        let log = RecentLog()
        add(1...5, to: log)
        let stream = log.follow(newest: 2) { $0.number }
        add(6...8, to: log)
        var numbers: [Int] = []
        for await number in stream {
            numbers.append(number)
            if number == 8 { add(9...9, to: log) }
            if number == 9 { break }
        }
        #expect(numbers == [4, 5, 6, 7, 8, 9])
    }

    @Test func aSlowFollowerMissesTheOldestAndCanTell() async {
        let log = RecentLog()
        let stream = log.follow(newest: 0) { $0.number }
        add(1...3000, to: log)
        var iterator = stream.makeAsyncIterator()
        #expect(await iterator.next() == 2001)
        #expect(await iterator.next() == 2002)
    }

    @Test func whatCameBeforeAFollowerIsCancelledIsStillThere() async {
        let log = RecentLog()
        let stream = log.follow(newest: 0) { $0.number }
        add(1...3, to: log)
        let task = Task {
            // Cancelled before it reads: the stream ends after what it has.
            while !Task.isCancelled { await Task.yield() }
            var numbers: [Int] = []
            for await number in stream { numbers.append(number) }
            return numbers
        }
        task.cancel()
        #expect(await task.value == [1, 2, 3])
    }

    @Test func linesAreTheSameAfterTheirWay() throws {
        let log = RecentLog(process: 7)
        log.append(
            LogRecord(time: "2026-11-21T10:04:05.123Z", level: .error, message: "x", fields: ["a": .string("b c")]))
        let line = try #require(log.newest(1).first)
        #expect(
            line.json
                == #"{"process":7,"number":1,"time":"2026-11-21T10:04:05.123Z","level":"error","message":"x","fields":{"a":"b c"}}"#
        )
        #expect(try DatumDecoder().decode(RecentLog.Line.self, from: JSONReader.read(line.json).datum) == line)
        #expect(try JSONReader.read(line.json).datum == DatumEncoder().encode(line))
        #expect(LogFormat.text(line.record) == #"2026-11-21T10:04:05.123Z error: x a="b c""#)
    }
}
