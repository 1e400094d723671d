/// Follows what a program with failing operations reports.
struct FailedRun {
    private let recorded: RecordedScenario
    private var done = 0
    private(set) var refusals = 0
    /// The step that was refused and not done since.
    private var refused: String?
    /// Whether syncing failed since the last step that was done: what was written before may be found there later, as
    /// nobody can write any more to take it back.
    private var isInDoubt = false

    init(_ recorded: RecordedScenario) { self.recorded = recorded }

    /// What the tap holds for the program that runs.
    private var content: String? { recorded.milestones[done].content }

    /// What the tap may hold for the next program.
    var left: [String?] { isInDoubt ? expected : [content] }

    /// What the tap may hold after a power failure.
    var expected: [String?] { recorded.milestones[done...].prefix(2).map(\.content) }

    /// Whether all steps were done.
    var isComplete: Bool { done == recorded.milestones.count - 1 }

    /// Answers what must not be reported.
    mutating func follow(_ operations: [FileOperation]) -> [String] {
        var problems: [String] = []
        for operation in operations {
            if operation.kind == .synchronize, operation.failure != 0 { isInDoubt = true }
            guard operation.kind == .acknowledge else { continue }
            switch Acknowledgement(operation.data) {
            case .done(let step):
                done += 1
                (refused, isInDoubt) = (nil, false)
                guard recorded.milestones.indices.contains(done), recorded.milestones[done].step == step else {
                    done = min(done, recorded.milestones.count - 1)
                    problems.append("the step \"\(step)\" was not due")
                    continue
                }
            case .refused(let step, _):
                refusals += 1
                refused = step
            case .content(let found):
                // What is left of a damaged tap can be read before a start has dealt with it.
                if recorded.scenario.isDamaged, done == 0 { continue }
                // A new file has the name before the folder is synced.
                let isFile = refused == "make" || refused == "replace"
                guard found != content, !isFile || !left.contains(found) else { continue }
                problems.append(
                    refused.map { "the step \"\($0)\" was refused and left something behind" }
                        ?? "after \"\(recorded.milestones[done].step)\" the content is not what it should be")
            case .unreadable, nil: break
            }
        }
        return problems
    }
}
