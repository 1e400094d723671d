import Glibc
import NIOCore
import TapProcess
import Testing

@testable import TapProcmon

/// Decisions about a program, by a clock that only tests move.
struct ProgramCourseTests {
    private var course = ProgramCourse(ProgramCourse.Rules())
    private var now = NIODeadline.uptimeNanoseconds(1_000_000_000)

    private mutating func begin() {
        let isBegun = course.begin(at: now)
        #expect(isBegun)
    }

    /// Lets the program live for so long, and answers what is done then.
    private mutating func live(
        _ time: TimeAmount, _ ending: ChildEnding = .exited(status: 1)
    ) -> ProgramCourse.Action {
        begin()
        now = now + time
        return course.ended(ending, at: now)
    }

    @Test mutating func shortLivesWaitTwiceAsLongEachTime() {
        for seconds in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600] as [Int64] {
            #expect(live(.milliseconds(999)) == .start(after: .seconds(seconds)))
        }
    }

    @Test mutating func aLongerLifeIsFollowedAtOnceAndResetsTheDelay() {
        _ = live(.zero)
        _ = live(.zero)
        #expect(live(.seconds(1)) == .start(after: .zero))
        #expect(live(.zero) == .start(after: .seconds(1)))
    }

    @Test mutating func aProgramThatCanNotBeStartedWaitsAsWell() {
        let failure = ChildEnding.notStarted(ChildStartFailure(step: .program, code: ENOENT))
        #expect(live(.zero, failure) == .start(after: .seconds(1)))
        #expect(live(.zero, failure) == .start(after: .seconds(2)))
    }

    @Test mutating func failuresOnlyAreFollowedWhenAsked() {
        course.rules.rerun = .onFailure
        course.rules.expected = [0, 3]
        #expect(live(.seconds(9), .exited(status: 1)) == .start(after: .zero))
        #expect(live(.seconds(9), .killed(signal: SIGSEGV)) == .start(after: .zero))
        #expect(live(.seconds(9), .exited(status: 3)) == .finish)
        let isLate = course.begin(at: now)
        #expect(!isLate)
    }

    @Test(arguments: [(ChildEnding.exited(status: 0), ProgramCourse.Action.finish), (.exited(status: 2), .fail)])
    mutating func neverMeansOnce(ending: ChildEnding, action: ProgramCourse.Action) {
        course.rules.rerun = .never
        #expect(live(.zero, ending) == action)
    }

    @Test mutating func someFailuresInARowAreOneTooMany() {
        course.rules.failures = 2
        begin()
        #expect(course.checked(isWell: false) == .none)
        #expect(course.checked(isWell: true) == .none)
        #expect(course.checked(isWell: false) == .none)
        #expect(course.checked(isWell: false) == .end)
        // It is ending: what else is said of it does not matter.
        #expect(course.checked(isWell: false) == .none)
        #expect(course.reason == "not well")
        now = now + .seconds(5)
        #expect(course.ended(.exited(status: 0), at: now) == .start(after: .zero))
        begin()
        #expect(course.checked(isWell: false) == .none)
    }

    @Test mutating func aProgramThatIsNotWellIsStartedAgainWhateverTheRuleIs() {
        course.rules.rerun = .never
        course.rules.failures = 1
        begin()
        #expect(course.checked(isWell: false) == .end)
        #expect(course.ended(.killed(signal: SIGTERM), at: now) == .start(after: .seconds(1)))
    }

    @Test mutating func stopsAtAnyTime() {
        var waiting = course
        #expect(waiting.stop() == .finish)
        let isStarted = waiting.begin(at: now)
        #expect(!isStarted)
        begin()
        #expect(course.stop() == .end)
        #expect(course.stop() == .none)
        #expect(course.ended(.killed(signal: SIGTERM), at: now) == .finish)
        #expect(course.ended(.killed(signal: SIGTERM), at: now) == .none)
    }

    @Test mutating func aStopWhileItEndsForItsHealthIsAStop() {
        course.rules.failures = 1
        _ = course.begin(at: now)
        _ = course.checked(isWell: false)
        #expect(course.stop() == .none)
        #expect(course.ended(.exited(status: 0), at: now) == .finish)
    }

    @Test mutating func otherDelaysCountAtOnce() {
        for _ in 0..<8 { _ = live(.zero) }
        course.rules.maximumDelay = .seconds(10)
        #expect(live(.zero) == .start(after: .seconds(10)))
        course.rules.minimumDelay = .seconds(7)
        course.rules.threshold = .zero
        #expect(live(.zero) == .start(after: .zero))
        course.rules.threshold = .seconds(1)
        #expect(live(.zero) == .start(after: .seconds(7)))
    }
}
