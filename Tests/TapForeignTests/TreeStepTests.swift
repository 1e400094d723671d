import TapData
import Taproom
import Testing

@testable import TapForeign

/// Steps from one version of data to the next, as a manifest declares them.
struct TreeStepTests {
    private func step(_ text: String) throws -> TreeStep { try DatumDecoder().decode(TreeStep.self, from: json(text)) }

    @Test(
        arguments: [
            (#"{"rename": {"a": "b"}}"#, #"{"a": 1, "c": 2}"#, #"{"b": 1, "c": 2}"#),
            (#"{"rename": {"a": "b", "b": "a"}}"#, #"{"a": 1, "b": 2}"#, #"{"b": 1, "a": 2}"#),
            (#"{"remove": ["a"], "add": {"b": 0, "c": 0}}"#, #"{"a": 1, "c": 2}"#, #"{"c": 2, "b": 0}"#),
            (#"{"wrap": "count", "add": {}}"#, "7", #"{"count": 7}"#), (#"{"unwrap": "count"}"#, #"{"count": 7}"#, "7"),
            (#"{"unwrap": "a", "add": {"x": 1}, "wrap": "b"}"#, #"{"a": {"y": 2}}"#, #"{"b": {"y": 2, "x": 1}}"#),
            ("{}", "[1]", "[1]"),
        ])
    func changesATree(_ words: String, _ old: String, _ new: String) throws {
        #expect(try step(words).applied(to: json(old)) == json(new))
    }

    @Test(arguments: [(#"{"unwrap": "a"}"#, "{}"), (#"{"add": {"a": 1}}"#, "7")])
    func refusesATreeThatItDoesNotFit(_ words: String, _ old: String) throws {
        let (step, old) = (try step(words), try json(old))
        #expect(throws: TreeStepFailure.self) { try step.applied(to: old) }
    }

    @Test func theVersionIsOneMoreThanThereAreSteps() throws {
        let steps = [try step(#"{"wrap": "count"}"#), try step(#"{"rename": {"count": "total"}}"#)]
        #expect(steps.migration.version == 3)
        #expect(try steps.migration.value(of: 1, in: .integer(7)) == json(#"{"total": 7}"#))
        #expect([TreeStep]().migration.version == 1)
    }
}
