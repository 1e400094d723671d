import NIOEmbedded
import Testing

@testable import TapWeb

struct LoopRoundsTests {
    @Test func endWithTheTurnOfTheLoop() {
        let loop = EmbeddedEventLoop()
        let rounds = LoopRounds(loop)
        let first = rounds.current
        #expect(rounds.current == first)
        loop.run()
        let second = rounds.current
        #expect(second != first)
        #expect(rounds.current == second)
    }
}
