import Glibc
import TapRunner
import Testing

/// The limit belongs to the process, so these come one after the other and put it back.
@Suite(.serialized) struct FileLimitTests {
    @Test func isRaisedAsFarAsItMayAndWhatWasIsKnown() throws {
        let before = try #require(FileLimit.original)
        defer { _ = before.set() }
        let raised = try #require(FileLimit.raise())
        #expect(raised == FileLimit.current)
        #expect((raised.soft, raised.hard) == (max(before.soft, min(before.hard, 1 << 20)), before.hard))
        #expect(FileLimit.original == before)
        #expect(before.set())
        #expect(FileLimit.current == before)
    }

    @Test func moreThanTheHardLimitIsNotGiven() throws {
        var limit = try #require(FileLimit.current)
        guard geteuid() != 0, limit.hard < 1 << 40 else { return }
        limit.hard += 1
        #expect(!limit.set())
    }
}
