import Glibc
import Logging
import NIOCore
import Synchronization
import TapTesting
import Taproom
import Testing

@testable import TapProcess

private func lines(_ pieces: [String], atMost bytes: Int = 10) -> [String] {
    var splitter = LineSplitter(maximumBytes: bytes)
    var lines: [String] = []
    for piece in pieces { splitter.take(ByteBuffer(string: piece)) { lines.append($0.text) } }
    splitter.end { lines.append($0.text) }
    return lines
}

@Suite(.timeLimit(.minutes(2)))
struct OutputTests {
    @Test func piecesBecomeLines() {
        #expect(lines(["a\nb", "c\r\n", "\n\n", "d\te"]) == ["a", "bc", "d e"])
        #expect(lines(["0123456789\n"]) == ["0123456789"])
        #expect(lines(["01234", "567890123456", "789\nx\n"]) == ["0123456789…", "x"])
    }

    @Test func piecesThatAreCutAnywhereMakeTheSameLines() {
        let text = "one\r\ntwo and more\n\nthree\u{1B}[0m\nlast"
        let whole = lines([text])
        for cut in 0...text.utf8.count {
            let bytes = Array(text.utf8)
            let pieces = [bytes[..<cut], bytes[cut...]].map { String(decoding: $0, as: UTF8.self) }
            #expect(lines(pieces) == whole)
        }
    }

    @Test func leavesOutWhatIsTooMuchAndSaysSo() {
        let log = RecordedLog()
        var output = OutputLog(log.logger, .info, "wrote", OutputLog.Limits(lines: 3, lineBytes: 100))
        let start = NIODeadline.now()
        output.take(ByteBuffer(string: "1\n2\n3\n4\n5\n"), at: start)
        output.take(ByteBuffer(string: "6\n"), at: start + .milliseconds(999))
        #expect((output.logged, output.leftOut) == (3, 3))
        #expect(log.text.contains("writes too many lines"))
        output.take(ByteBuffer(string: "7\n"), at: start + .seconds(4))
        #expect((output.logged, output.leftOut) == (4, 3))
        #expect(log.text.contains("left out [\"lines\": 3]"))
    }

    @Test func aFloodIsToldOnce() {
        let log = RecordedLog()
        var output = OutputLog(log.logger, .info, "wrote", OutputLog.Limits(lines: 1, lineBytes: 100))
        let start = NIODeadline.now()
        for second in 0..<10 { output.take(ByteBuffer(string: "a\nb\nc\n"), at: start + .seconds(Int64(second))) }
        output.end(at: start + .seconds(10))
        #expect((output.logged, output.leftOut) == (10, 20))
        #expect(log.text.components("too many lines") == 1)
        #expect(log.text.components("were left out") == 1)
        #expect(log.text.contains("[\"lines\": 20]"))
    }

    @Test func programsAreFoundInThePath() throws {
        let folder = try TemporaryFolder()
        try folder.writeProgram("", to: "bin/tool")
        try folder.write("", to: "bin/text")
        #expect(ProgramSearch.find("tool", in: "/nowhere:\(folder["bin"])", from: "/") == folder["bin/tool"])
        #expect(ProgramSearch.find("bin/tool", in: "", from: folder.path) == folder["bin/tool"])
        #expect(ProgramSearch.find(folder["bin/tool"], in: "", from: "/") == folder["bin/tool"])
        for name in ["text", "none", "", "bin", "tool/"] {
            #expect(ProgramSearch.find(name, in: folder["bin"], from: folder.path) == nil, "\(name)")
        }
    }

    @Test func descriptorsAreReportedOnceUntilAskedAgain() async throws {
        let pipe = try Pipe()
        defer { pipe.close() }
        let count = Mutex(0)
        let watch = try DescriptorWatch.shared()
        let token = try watch.watch(pipe.reading) { _ in count.withLock { $0 += 1 } }
        #expect(write(pipe.writing, "x", 1) == 1)
        while count.withLock({ $0 }) < 1, !Task.isCancelled { await Task.yield() }
        #expect(count.withLock { $0 } == 1)
        watch.again(token)
        while count.withLock({ $0 }) < 2, !Task.isCancelled { await Task.yield() }
        watch.forget(token)
        watch.again(token)
        #expect(count.withLock { $0 } == 2)
    }
}

extension String {
    /// How often a text occurs.
    fileprivate func components(_ text: String) -> Int {
        split(separator: text, omittingEmptySubsequences: false).count - 1
    }
}
