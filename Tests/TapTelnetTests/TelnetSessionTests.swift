import Testing

@testable import TapTelnet

/// What a session decides, without a connection.
struct TelnetSessionTests {
    private func session(tries: Int = 3, isEchoOurs: Bool = true) -> TelnetSession {
        var session = TelnetSession(verbs: [ShellWord("status", "Say what runs.")], tries: tries)
        session.isEchoOurs = isEchoOurs
        _ = session.begin()
        return session
    }

    private func loggedIn(isEchoOurs: Bool = true) -> TelnetSession {
        var session = session(isEchoOurs: isEchoOurs)
        _ = type("ada\nsecret\n", &session)
        _ = session.checked(.admitted(greeting: "hello", prompt: "web> "))
        return session
    }

    private func type(_ text: String, _ session: inout TelnetSession) -> [TelnetSession.Action] {
        text.unicodeScalars.flatMap { session.press($0 == "\n" ? .enter : .character($0)) }
    }

    private func shown(_ actions: [TelnetSession.Action]) -> String {
        actions.map { if case .show(let text) = $0 { text } else { "" } }.joined()
    }

    @Test func asksForANameAndThenForAPasswordThatItDoesNotShow() {
        var session = session()
        #expect(shown(type("ada\n", &session)) == "ada\npassword: ")
        let actions = type("secret\n", &session)
        #expect(shown(actions) == "\n")
        #expect(actions.last == .check(name: "ada", password: "secret"))
        #expect(!session.isLoggedIn)
    }

    @Test func greetsWhoIsAdmitted() {
        var session = session()
        _ = type("ada\nsecret\n", &session)
        #expect(session.checked(.admitted(greeting: "hello", prompt: "web> ")) == [.show("hello\nweb> ")])
        #expect(session.isLoggedIn)
    }

    @Test func closesAfterTheThirdWrongPassword() {
        var session = session()
        for _ in 0..<2 {
            _ = type("ada\nwrong\n", &session)
            #expect(shown(session.checked(.refused)) == "Login incorrect.\nlogin: ")
        }
        _ = type("ada\nwrong\n", &session)
        #expect(session.checked(.refused) == [.show("Login incorrect.\n"), .close])
        #expect(type("ada\nsecret\n", &session).isEmpty)
    }

    @Test func whatIsTypedBehindAWrongPasswordIsForgotten() {
        var session = session()
        _ = type("ada\nwrong\nset a=b\n", &session)
        #expect(shown(session.checked(.refused)) == "Login incorrect.\nlogin: ")
    }

    @Test func aLineIsPerformedAndWhatIsTypedMeanwhileComesBehindIt() {
        var session = loggedIn()
        #expect(type("status\n", &session).last == .perform(["status"]))
        #expect(type("show 'a b'\n", &session).isEmpty)
        let actions = session.performed(isAdmitted: true)
        #expect(shown(actions) == "web> show 'a b'\n")
        #expect(actions.last == .perform(["show", "a b"]))
    }

    @Test func controlCInterruptsWhatIsUnderWayAndForgetsWhatWasTypedAhead() {
        var session = loggedIn()
        _ = type("logs -f\nstatus\n", &session)
        #expect(session.press(.interrupt) == [.interrupt])
        #expect(session.performed(isAdmitted: true) == [.show("web> ")])
    }

    @Test func controlCTakesALineBack() {
        var session = loggedIn()
        _ = type("set web", &session)
        #expect(shown(session.press(.interrupt)) == "^C\nweb> ")
        #expect(type("status\n", &session).last == .perform(["status"]))
    }

    @Test(arguments: ["quit\n", "exit\n"]) func quits(line: String) {
        var session = loggedIn()
        #expect(type(line, &session).suffix(2) == [.show("Goodbye.\n"), .close])
    }

    @Test func helpListsTheVerbsAndItsOwnWords() {
        var session = loggedIn()
        let text = shown(type("help\n", &session))
        #expect(text.contains("  status  Say what runs.\n") && text.contains("  quit    End the session"))
        #expect(text.hasSuffix("web> "))
    }

    @Test func aQuoteWithoutAnEndIsSaid() {
        var session = loggedIn()
        #expect(shown(type("set 'a\n", &session)).hasSuffix("The quote ' has no end.\nweb> "))
    }

    @Test func whoIsAdmittedNoMoreIsSentAway() {
        var session = loggedIn()
        _ = type("status\n", &session)
        #expect(session.performed(isAdmitted: false).last == .close)
    }

    @Test func theEndOfTheServiceWaitsForTheAnswer() {
        var session = loggedIn()
        _ = type("stop\n", &session)
        #expect(session.end(.serviceEnds) == [.interrupt])
        let actions = session.performed(isAdmitted: true)
        #expect(shown(actions).contains("This session ends") && actions.last == .close)
    }

    @Test func theEndOfTheServiceEndsWhoWaits() {
        var session = loggedIn()
        #expect(session.end(.serviceEnds).last == .close)
        #expect(session.end(.serviceEnds).isEmpty && session.endNow(.serviceEnds).isEmpty)
    }

    @Test func anAnswerThatDoesNotComeIsNotWaitedForForEver() {
        var session = loggedIn()
        _ = type("stop\n", &session)
        _ = session.end(.serviceEnds)
        #expect(session.endNow(.serviceEnds).last == .close)
        #expect(session.performed(isAdmitted: true).isEmpty)
    }

    @Test func tabCompletesOneAndListsSeveral() {
        var session = loggedIn()
        _ = type("st", &session)
        #expect(session.press(.tab) == [.complete(["st"])])
        #expect(shown(session.completed(["status", "stop"], isFollowed: true)).contains("status  stop"))
        _ = type("a", &session)
        #expect(session.press(.tab) == [.complete(["sta"])])
        #expect(shown(session.completed(["status"], isFollowed: true)).contains("web> status "))
        #expect(type("\n", &session).last == .perform(["status"]))
    }

    @Test func tabBehindASpaceCompletesAnEmptyWord() {
        var session = loggedIn()
        _ = type("restart ", &session)
        #expect(session.press(.tab) == [.complete(["restart", ""])])
        _ = session.completed(["web", "west"], isFollowed: false)
        #expect(type("b\n", &session).last == .perform(["restart", "web"]))
    }

    @Test func aClientThatSendsLinesIsShownPromptsOnly() {
        var session = loggedIn(isEchoOurs: false)
        #expect(type("status\n", &session) == [.perform(["status"])])
        #expect(session.performed(isAdmitted: true) == [.show("web> ")])
    }

    @Test func namesHaveAnEndBeforeAnybodyIsKnown() {
        var session = session()
        let output = shown(type(String(repeating: "x", count: 10_000), &session))
        #expect(output.count { $0 == "x" } < 20_000 && output.hasSuffix("\u{7}"))
    }

    @Test func theEndOfWhatIsTypedEndsWhoWaits() {
        var waiting = loggedIn()
        #expect(waiting.endInput() == [.close])
        var busy = loggedIn()
        _ = type("status\n", &busy)
        #expect(busy.endInput() == [])
        #expect(busy.performed(isAdmitted: true) == [.show("web> "), .close])
    }

    @Test func whatIsTypedAheadHasAnEnd() {
        var session = loggedIn()
        _ = type("status\n", &session)
        let actions = type(String(repeating: "x", count: TelnetSession.maximumTypedAhead + 1), &session)
        #expect(actions == [.show("\u{7}")])
    }
}
