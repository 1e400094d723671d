import Glibc
import Logging
@testable import TapLog
import TapTesting
import Taproom
import Testing

/// Files of lines that come many at once, as access logs do.
@Suite struct RotatingFileTests {
    private func file(_ path: String, size: Int64 = 0, keep: Int = 9) throws -> RotatingFile {
        try RotatingFile(path, LogRotation(size: ByteCount(bytes: size), keep: keep))
    }

    private func write(_ lines: String, to file: inout RotatingFile) -> Int {
        Array(lines.utf8).withUnsafeBytes { file.write(lines: $0) }
    }

    @Test func eachLineIsWholeAndNoFileTooLarge() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/log"
            var log = try file(path, size: 10)
            #expect(write("one\ntwo\nthree\nfour\n", to: &log) == 19)
            #expect(write("a line that is too long\nx\n", to: &log) == 26)
            let files = [".4", ".3", ".2", ".1", ""].map { text(of: path + $0) }
            #expect(
                files == ["", "one\ntwo\n", "three\n", "four\n", "a line that is too long\n"].dropFirst() + ["x\n"])
        }
    }

    @Test func goesOnBehindALineWithoutItsEnd() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/log"
            let descriptor = open(path, O_WRONLY | O_CREAT, 0o600)
            #expect(Glibc.write(descriptor, "half", 4) == 4)
            close(descriptor)
            var log = try file(path)
            #expect(write("next\n", to: &log) == 5)
            #expect(text(of: path) == "half\nnext\n")
            let output = try output(path)
            output.logger("test").notice("event")
            #expect(lines(of: path).last == "notice: event")
        }
    }

    @Test func aFullDiskTakesNothing() throws {
        var log = try file("/dev/full")
        #expect(write("one\n", to: &log) == 0)
        #expect(errno == ENOSPC)
    }

    @Test func theRestOfALineGoesWhereItsBeginningIs() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/pipe"
            mkfifo(path, 0o600)
            let reader = open(path, O_RDONLY | O_NONBLOCK)
            _ = fcntl(reader, 1031, 4096)  // F_SETPIPE_SZ
            defer { close(reader) }
            var log = try file(path)
            let lines = String(repeating: "0123456789\n", count: 600)
            let written = write(lines, to: &log)
            #expect((1..<6600).contains(written) && errno == EAGAIN)
            #expect(!log.waitForReader(milliseconds: 0))
            var buffer = [UInt8](repeating: 0, count: 8192)
            var received = String(decoding: buffer[..<max(0, read(reader, &buffer, buffer.count))], as: UTF8.self)
            #expect(log.waitForReader(milliseconds: 0))
            #expect(write(String(lines.dropFirst(written)), to: &log) == 6600 - written)
            let count = max(0, read(reader, &buffer, buffer.count))
            received += String(decoding: buffer[..<count], as: UTF8.self)
            #expect(received == lines)
            #expect(log.torn == 0)
        }
    }

    @Test func theRestOfALineIsGivenUpWhenItsBeginningIsElsewhere() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/log"
            var log = try file(path)
            #expect(write("one\nha", to: &log) == 6)
            log.reopen()
            #expect(write("lf\ntwo\n", to: &log) == 7)
            #expect(text(of: path) == "two\n")
            #expect(log.torn == 1)
        }
    }
}

extension RotatingFileTests {
    private final class Log: OwnLog {
        let reopened: @Sendable () -> Void
        init(_ reopened: @escaping @Sendable () -> Void) { self.reopened = reopened }
        func reopen() { reopened() }
    }

    @Test func theSignalIsForLogsThatStillLive() async {
        let logs = OwnLogs()
        await confirmation(expectedCount: 1) { isReopened in
            let living = Log { isReopened() }
            logs.add(living)
            logs.add(Log { isReopened() })
            logs.reopen()
            withExtendedLifetime(living) {}
        }
    }
}
