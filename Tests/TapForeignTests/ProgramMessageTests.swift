import Logging
import TapData
import Testing

@testable import TapForeign

/// What programs say, line by line.
struct ProgramMessageTests {
    private func message(_ line: String) throws -> ProgramMessage { try ProgramMessage(line: line) }

    @Test func readsEachMessage() throws {
        #expect(try message(#"{"ready": true, "more": 1}"#) == .ready)
        #expect(
            try message(#"{"log": "hello", "level": "notice", "fields": {"a": 1, "b": "x"}}"#)
                == .log(level: .notice, text: "hello", fields: ["a": "1", "b": "x"]))
        #expect(try message(#"{"metric": "hits", "add": 2}"#) == .figure(name: "hits", labels: [:], .add(2)))
        #expect(
            try message(#"{"metric": "heat", "set": 2.5, "labels": {"room": "1"}}"#)
                == .figure(name: "heat", labels: ["room": "1"], .set(2.5)))
        #expect(try message(#"{"answer": 3}"#) == .answer(id: 3, refusal: nil))
        #expect(try message(#"{"answer": 3, "refuse": "no"}"#) == .answer(id: 3, refusal: "no"))
        #expect(try message(#"{"id": "x", "read": {"cell": "a"}}"#) == .read(id: "x", name: "a", key: nil))
        #expect(
            try message(#"{"id": 1, "rows": {"table": "t", "after": "k", "limit": 5, "descending": true}}"#)
                == .rows(id: .integer(1), name: "t", RowStretch(after: "k", isDescending: true, limit: 5)))
        let changes = [
            StateChange(name: "a", key: nil, expected: .integer(1), action: .add(.integer(2))),
            StateChange(name: "t", key: "k", expected: nil, action: .set(.null)),
            StateChange(name: "a", key: nil, expected: .null, action: .keep),
        ]
        let line = #"""
            {"id": 2, "change": [{"cell": "a", "is": 1, "add": 2}, {"table": "t", "key": "k", "set": null}, {"cell": "a", "is": null}]}
            """#
        #expect(try message(line) == .change(id: .integer(2), changes))
    }

    @Test(
        arguments: [
            ("{", "is no JSON: 1:2: "), ("[]", "is no object"), ("{}", "must have one of the keys ready, log"),
            (#"{"ready": true, "log": "x"}"#, "must have one of the keys"),
            (#"{"log": "x", "level": "loud"}"#, "\"level\" must be one of trace, debug, info"),
            (#"{"metric": "a b", "add": 1}"#, "the names of metrics and labels must be"),
            (#"{"metric": "a", "add": -1}"#, "a metric has either"), (#"{"metric": "a"}"#, "a metric has either"),
            (#"{"read": {"cell": "a"}}"#, "a request has an \"id\""),
            (#"{"id": 1, "read": {}}"#, "what is asked for must be named"),
            (#"{"id": 1, "rows": {"table": "t", "limit": 0}}"#, "\"limit\" must be from 1 to 10000"),
            (#"{"id": 1, "change": []}"#, "\"change\" must be a list of changes"),
            (#"{"id": 1, "change": [{"cell": "a"}]}"#, "a change has one of the keys"),
        ])
    func refusesWhatIsNoMessage(_ line: String, _ problem: String) {
        let error = #expect(throws: BadMessage.self) { try message(line) }
        #expect(error?.description.hasPrefix(problem) == true, "\(String(describing: error))")
    }

    @Test func aBadRequestIsAnsweredByItsName() {
        let error = #expect(throws: BadMessage.self) { try message(#"{"id": "mine", "change": 1}"#) }
        #expect(error?.id == .string("mine"))
    }
}
