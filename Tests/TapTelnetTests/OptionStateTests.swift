import Testing

@testable import TapTelnet

/// The Q method of RFC 1143: options are agreed on, and nobody answers for ever.
struct OptionStateTests {
    @Test func whatIsAskedForAndAgreedToIsOn() {
        var state = OptionState()
        #expect(state.want(true) == true)
        #expect(state.hear(true, isAllowed: true) == nil)
        #expect(state.isOn)
    }

    @Test func whatIsAskedForAndRefusedIsOffWithoutAnAnswer() {
        var state = OptionState()
        _ = state.want(true)
        #expect(state.hear(false, isAllowed: true) == nil)
        #expect(!state.isOn)
    }

    @Test func whatIsAskedByTheOtherIsAnsweredOnce() {
        var state = OptionState()
        #expect(state.hear(true, isAllowed: true) == true)
        #expect(state.hear(true, isAllowed: true) == nil)
        #expect(state.hear(false, isAllowed: true) == false)
        #expect(state.hear(false, isAllowed: true) == nil)
    }

    @Test func whatIsNotAllowedIsRefusedEachTimeAndNeverOn() {
        var state = OptionState()
        #expect(state.hear(true, isAllowed: false) == false)
        #expect(state.hear(true, isAllowed: false) == false)
        #expect(!state.isOn)
    }

    @Test func aChangeOfMindWaitsForTheAnswer() {
        var state = OptionState()
        #expect(state.want(true) == true)
        #expect(state.want(false) == nil)
        #expect(state.hear(true, isAllowed: true) == false)
        #expect(state.hear(false, isAllowed: true) == nil)
        #expect(!state.isOn)
    }

    @Test func twoChangesOfMindAreNone() {
        var state = OptionState()
        #expect(state.want(true) == true)
        #expect(state.want(false) == nil)
        #expect(state.want(true) == nil)
        #expect(state.hear(true, isAllowed: true) == nil)
        #expect(state.isOn)
    }

    @Test func anEndThatIsTakenBackIsAskedForAgain() {
        var state = OptionState()
        _ = state.hear(true, isAllowed: true)
        #expect(state.want(false) == false)
        #expect(state.want(true) == nil)
        #expect(state.hear(false, isAllowed: true) == true)
        #expect(state.hear(true, isAllowed: true) == nil)
        #expect(state.isOn)
    }

    @Test func aNoThatIsAnsweredWithYesIsNo() {
        var state = OptionState()
        _ = state.hear(true, isAllowed: true)
        #expect(state.want(false) == false)
        #expect(state.hear(true, isAllowed: true) == nil)
        #expect(!state.isOn)
    }

    /// Each of the two wants something, changes its mind, and passes on what the other says: it always comes to an end at which
    /// both think the same.
    @Test(arguments: 0..<64) func twoOfThemAlwaysComeToAnEnd(wishes: Int) {
        var states = [OptionState(), OptionState()]
        var queue: [(to: Int, isOn: Bool)] = []
        for step in 0..<3 {
            for side in 0..<2 {
                let isOn = wishes >> (step * 2 + side) & 1 == 1
                if let word = states[side].want(isOn) { queue.append((1 - side, word)) }
            }
        }
        var words = 0
        while !queue.isEmpty, words < 100 {
            let (side, isOn) = queue.removeFirst()
            words += 1
            if let word = states[side].hear(isOn, isAllowed: true) { queue.append((1 - side, word)) }
        }
        #expect(words < 20)
        #expect(states[0].isOn == states[1].isOn)
    }
}
