import Testing

@testable import TapForeign

/// Lines that wait between a program's socket and who reads them.
@Suite(.timeLimit(.minutes(2)))
struct MailboxTests {
    @Test func handsLinesOnInOrderAndNotTooManyAtOnce() async throws {
        let mailbox = Mailbox()
        for number in 0..<100 { mailbox.put("\(number)") }
        mailbox.close()
        var batches: [[String]] = []
        while let lines = try await mailbox.take() { batches.append(lines) }
        #expect(batches.map(\.count) == [64, 36])
        #expect(batches.joined().elementsEqual((0..<100).map(String.init)))
        #expect(mailbox.isEmpty)
    }

    @Test func isFullOfManyLinesAndOfLongOnes() async throws {
        let many = Mailbox()
        for _ in 0..<1023 { many.put("x") }
        #expect(!many.isFull)
        many.put("x")
        #expect(many.isFull)
        _ = try await many.take()
        #expect(!many.isFull)

        let long = Mailbox()
        long.put(String(repeating: "x", count: 4 << 20))
        #expect(long.isFull)
        _ = try await long.take()
        #expect(!long.isFull)
    }

    @Test func aReaderThatIsHeldGetsNothingUntilItIsNot() async throws {
        let mailbox = Mailbox()
        mailbox.hold(true)
        mailbox.put("a")
        async let lines = mailbox.take()
        mailbox.put("b")
        // Were the reader not held it could have had the first line alone; so it gets both.
        mailbox.hold(false)
        #expect(try await lines == ["a", "b"])
    }

    @Test func theEndComesThoughTheReaderIsHeld() async throws {
        let mailbox = Mailbox()
        mailbox.hold(true)
        mailbox.put("a")
        mailbox.close(BadMessage("nonsense"))
        #expect(try await mailbox.take() == ["a"])
        await #expect(throws: BadMessage.self) { try await mailbox.take() }
    }
}
