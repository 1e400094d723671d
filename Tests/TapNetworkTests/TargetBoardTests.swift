import NIOCore
import TapNetwork
import Testing

struct TargetBoardTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    private func board(
        _ count: Int, _ balance: TargetBoard.Balance = .roundRobin, _ change: (inout TargetBoard.Rules) -> Void = { _ in }
    ) -> TargetBoard {
        var rules = TargetBoard.Rules()
        rules.failures = 2
        change(&rules)
        return TargetBoard(count: count, balance, rules)
    }

    @Test func takesTurns() {
        var board = board(3)
        #expect((0..<4).map { _ in board.choose(without: 0, now: start) } == [0, 1, 2, 0].map { .target($0) })
        #expect(board.choose(without: 0b010, now: start) == .target(2))
        #expect(board.choose(without: 0b111, now: start) == .exhausted)
    }

    @Test func prefersTheOneWithTheLeastToDo() {
        var board = board(3, .leastConnections)
        #expect((0..<3).map { _ in board.choose(without: 0, now: start) } == [0, 1, 2].map { .target($0) })
        board.ended(1)
        #expect(board.choose(without: 0, now: start) == .target(1))
        board.ended(2)
        #expect(board.active(2) == 0 && board.active(1) == 1)
        #expect(board.choose(without: 0, now: start) == .target(2))
    }

    @Test func takesOutWhatFails() {
        var board = board(2)
        #expect(board.failed(0, now: start) == nil)
        #expect(board.succeeded(0) == nil)
        #expect(board.failed(0, now: start) == nil)
        #expect(board.failed(0, now: start) == .out)
        #expect((0..<2).map { _ in board.choose(without: 0, now: start) } == [.target(1), .target(1)])
        #expect(board.failed(1, now: start) == nil)
        #expect(board.failed(1, now: start + .seconds(1)) == .out)
        #expect(board.choose(without: 0, now: start + .milliseconds(2500)) == .allOut(retrySeconds: 8))
    }

    @Test func triesWhatWasOutWithOneRequest() {
        var board = board(2)
        for _ in 0..<2 { _ = board.failed(0, now: start) }
        let later = start + .seconds(10)
        var chosen = (0..<3).map { _ in board.choose(without: 0, now: later) }
        #expect(chosen.filter { $0 == .target(0) }.count == 1)
        #expect(board.failed(0, now: later) == nil)
        #expect(board.choose(without: 0, now: later + .seconds(9)) == .target(1))
        chosen = (0..<2).map { _ in board.choose(without: 0, now: later + .seconds(10)) }
        #expect(chosen.contains(.target(0)))
        #expect(board.succeeded(0) == .back)
        #expect(board.failed(0, now: later) == nil)
    }

    @Test func keepsTheOnlyOne() {
        var board = board(1)
        #expect((0..<4).map { _ in board.failed(0, now: start) } == [nil, .out, nil, nil])
        #expect(board.choose(without: 0, now: start) == .target(0))
        #expect(board.checked(0, isWell: false) == .out)
        #expect(board.choose(without: 0, now: start) == .allOut(retrySeconds: 10))
        #expect(board.checked(0, isWell: false) == nil)
        #expect(board.checked(0, isWell: true) == .back)
    }

    @Test func prefersTheFirstThatIsIn() {
        var board = board(3, .first)
        #expect((0..<2).map { _ in board.choose(without: 0, now: start) } == [.target(0), .target(0)])
        for _ in 0..<2 { _ = board.failed(0, now: start) }
        #expect(board.choose(without: 0, now: start) == .target(1))
        #expect(board.choose(without: 0b010, now: start) == .target(2))
        #expect(board.choose(without: 0, now: start + .seconds(10)) == .target(0))
    }

    @Test func needsSeveralAnswersToChangeItsMind() {
        var board = board(2) { ($0.rise, $0.fall) = (2, 3) }
        let answers = [false, false, true, false, false, false, true, false, true, true]
        #expect(
            answers.map { board.checked(0, isWell: $0) } == [nil, nil, nil, nil, nil, .out, nil, nil, nil, .back])
    }
}
