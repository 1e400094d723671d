import TapProcess

/// Where a program is in its life: takes what happens, and says whom to tell.
struct ProgramLife {
    /// Somebody who waits for the program to say something.
    typealias Waiter = CheckedContinuation<Void, any Error>

    private(set) var isReady = false
    var isStopping = false
    /// The first thing that went wrong.
    private(set) var failure: ForeignFailure?
    private(set) var ending: ChildEnding?
    private(set) var hasTalkEnded = false
    private var ready: Waiter?
    private var questions: [Int64: Waiter] = [:]
    private var lastQuestion: Int64 = 0
    private var end: CheckedContinuation<Void, Never>?

    /// Whether it is over: nothing more happens.
    var isOver: Bool { ending != nil && hasTalkEnded }

    mutating func becameReady() -> Waiter? {
        isReady = true
        defer { ready = nil }
        return ready
    }

    mutating func failed(_ failure: ForeignFailure) { self.failure = self.failure ?? failure }

    /// Everybody who waits for something that does not come any more.
    mutating func ended(_ ending: ChildEnding) -> [Waiter] {
        self.ending = ending
        return forgotten()
    }

    /// Everybody who waits for something that does not come any more.
    mutating func talkEnded() -> [Waiter] {
        hasTalkEnded = true
        return forgotten()
    }

    private mutating func forgotten() -> [Waiter] {
        defer { (ready, questions) = (nil, [:]) }
        return [ready].compactMap { $0 } + questions.values
    }

    /// Whoever waits for the end, when it is there.
    mutating func waiterForEnd() -> CheckedContinuation<Void, Never>? {
        guard isOver else { return nil }
        defer { end = nil }
        return end
    }

    /// Waits until it is ready; answers false when nobody need wait.
    mutating func waitForReady(_ waiter: Waiter) -> Bool {
        guard !isReady, ending == nil, !hasTalkEnded else { return false }
        ready = waiter
        return true
    }

    /// Waits for the end; answers false when nobody need wait.
    mutating func waitForEnd(_ waiter: CheckedContinuation<Void, Never>) -> Bool {
        guard !isOver else { return false }
        end = waiter
        return true
    }

    /// The number of a new question.
    mutating func question() -> Int64 {
        lastQuestion += 1
        return lastQuestion
    }

    /// Waits for an answer; answers false when none can come.
    mutating func wait(for question: Int64, _ waiter: Waiter) -> Bool {
        guard ending == nil, !hasTalkEnded else { return false }
        questions[question] = waiter
        return true
    }

    /// Whoever asked a question; nil: nobody does any more.
    mutating func answered(_ question: Int64) -> Waiter? { questions.removeValue(forKey: question) }
}
