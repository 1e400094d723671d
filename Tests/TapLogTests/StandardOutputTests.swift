import Glibc
import Logging
@testable import TapLog
import TapTesting
import Testing

@Suite struct StandardOutputTests {
    private let terminal = TextStyle.Surroundings(terminal: "xterm")

    private func journalStream(_ descriptor: CInt) -> String {
        var file = stat()
        fstat(descriptor, &file)
        return "\(file.st_dev):\(file.st_ino)"
    }

    @Test func hasColoursOnATerminal() throws {
        // The master of a terminal that nobody has open any more reads as an error, which ends the text too.
        let text = try standardOutput(makeTerminal(), terminal) { $0.error("bad", metadata: ["at": "x"]) }
        #expect(text.hasSuffix("Z \u{1B}[1;31merror\u{1B}[0m: bad \u{1B}[36mat\u{1B}[0m=x\r\n"))
    }

    @Test(arguments: [
        TextStyle.Surroundings(noColor: "1", terminal: "xterm"), TextStyle.Surroundings(terminal: "dumb"),
        TextStyle.Surroundings(),
    ])
    func hasNoColoursOnATerminalThatDoesNotWantThem(surroundings: TextStyle.Surroundings) throws {
        let text = try standardOutput(makeTerminal(), surroundings) { $0.error("bad", metadata: ["at": "x"]) }
        #expect(text.hasSuffix("Z error: bad at=x\r\n"))
    }

    @Test func hasNoColoursInAPipe() throws {
        let text = try standardOutput(makePipe(), terminal) { $0.error("bad", metadata: ["at": "x"]) }
        #expect(text.hasSuffix("Z error: bad at=x\n"))
        #expect(!text.contains("\u{1B}"))
    }

    @Test func hasPrioritiesInsteadOfTimesInTheJournal() throws {
        let ends = makePipe()
        let journal = TextStyle.Surroundings(journalStream: journalStream(ends.writer))
        let text = try standardOutput(ends, journal) { logger in
            var logger = logger
            logger.logLevel = .trace
            for level in Logger.Level.allCases { logger.log(level: level, "x", metadata: ["n": "1"]) }
        }
        #expect(
            text == """
                <7>trace: x n=1
                <7>debug: x n=1
                <6>info: x n=1
                <5>notice: x n=1
                <4>warning: x n=1
                <3>error: x n=1
                <2>critical: x n=1

                """)
    }

    @Test func objectsInTheJournalHavePrioritiesToo() throws {
        let ends = makePipe()
        let journal = TextStyle.Surroundings(journalStream: journalStream(ends.writer))
        let text = try standardOutput(ends, journal, format: .json) { $0.error("x") }
        #expect(text.hasPrefix("<3>{\"time\":"))
    }

    @Test func anotherStreamIsNotTheJournal() throws {
        let other = makePipe()
        let journal = TextStyle.Surroundings(journalStream: journalStream(other.writer))
        #expect(try standardOutput(makePipe(), journal) { $0.error("x") }.hasSuffix("Z error: x\n"))
        for end in [other.reader, other.writer] { close(end) }
    }

    @Test func reopeningMeansNothing() throws {
        let text = try standardOutput(makePipe(), terminal) { $0.notice("x") }
        let ends = makePipe()
        let log = try LogOutput(LogConfiguration(), standardOutput: ends.writer)
        log.reopen()
        try log.give(toUser: 1, group: 1)
        log.logger("test").notice("x")
        close(ends.writer)
        #expect(readAll(ends.reader).count == text.count)
        close(ends.reader)
    }

    @Test func saysHowManyLinesWereLost() throws {
        let full = open("/dev/full", O_WRONLY)
        let log = try LogOutput(LogConfiguration(), standardOutput: full)
        let logger = log.logger("test")
        for _ in 0..<3 { logger.notice("lost") }
        let ends = makePipe()
        dup2(ends.writer, full)
        close(ends.writer)
        logger.notice("back")
        logger.notice("again")
        close(full)
        let lines = readAll(ends.reader).split(separator: "\n").map { $0.dropFirst(25) }
        #expect(lines == ["warning: 3 lines of the log were lost", "notice: back", "notice: again"])
        close(ends.reader)
        let expected = ["lost", "lost", "lost", "3 lines of the log were lost", "back", "again"]
        #expect(log.recent.newest(10).map(\.message) == expected)
    }

    @Test func aLineThatWasCutIsEndedBeforeTheNext() throws {
        // A pipe takes a part of a long line and then no more.
        let ends = makePipe()
        _ = fcntl(ends.writer, F_SETFL, O_NONBLOCK)
        let log = try LogOutput(LogConfiguration(), standardOutput: ends.writer)
        let logger = log.logger("test")
        logger.notice("\(String(repeating: "x", count: 100_000))")
        var buffer = [UInt8](repeating: 0, count: 65536)
        #expect(read(ends.reader, &buffer, buffer.count) == 65536)
        logger.notice("after")
        close(ends.writer)
        let lines = readAll(ends.reader).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.map { $0.dropFirst(25) } == ["", "warning: 1 line of the log was lost", "notice: after", ""])
        close(ends.reader)
    }

    @Test func linesOfManyThreadsAreWholeAndNumberedInTheirOrder() async throws {
        try await withTemporaryFolder { folder in
            let log = try output(folder + "/log")
            await withTaskGroup(of: Void.self) { group in
                for task in 0..<8 {
                    group.addTask {
                        let logger = log.logger("test")
                        for number in 0..<100 { logger.notice("event", metadata: ["at": "\(task).\(number)"]) }
                    }
                }
            }
            let written = lines(of: folder + "/log")
            #expect(Set(written).count == 800)
            #expect(written == log.recent.newest(1000).map { "notice: " + LogFormat.body($0.record) })
        }
    }
}
