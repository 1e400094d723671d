import Testing

@testable import TapWeb

struct ConditionsTests {
    static let date = "Sun, 06 Nov 1994 08:49:37 GMT"
    static let before = "Sun, 06 Nov 1994 08:49:36 GMT"
    static let after = "Sun, 06 Nov 1994 08:49:38 GMT"

    private func outcome(_ fields: [(String, String)]) -> Conditions.Outcome {
        Conditions(entityTag: "\"a\"", modified: 784_111_777).evaluate(RequestFields(fields))
    }

    @Test(arguments: [
        ("If-None-Match", "\"a\"", Conditions.Outcome.notModified), ("If-None-Match", "W/\"a\"", .notModified),
        ("If-None-Match", "*", .notModified), ("If-None-Match", "\"b\", \"a\"", .notModified),
        ("If-None-Match", "\"b,\",W/\"c\" , \"a\"", .notModified), ("If-None-Match", "\"b\"", .send(range: true)),
        ("If-None-Match", "a", .send(range: true)), ("if-none-match", "\"a\"", .notModified),
        ("If-Match", "\"a\"", .send(range: true)), ("If-Match", "*", .send(range: true)),
        ("If-Match", "\"b\"", .failed),
        ("If-Match", "W/\"a\"", .failed), ("If-Match", "\"x\", \"a\"", .send(range: true)), ("If-Match", "", .failed),
        ("If-Modified-Since", date, .notModified), ("If-Modified-Since", after, .notModified),
        ("If-Modified-Since", before, .send(range: true)), ("If-Modified-Since", "nonsense", .send(range: true)),
        ("If-Unmodified-Since", date, .send(range: true)), ("If-Unmodified-Since", after, .send(range: true)),
        ("If-Unmodified-Since", before, .failed), ("If-Unmodified-Since", "nonsense", .send(range: true)),
        ("If-Range", "\"a\"", .send(range: true)), ("If-Range", "\"b\"", .send(range: false)),
        ("If-Range", "W/\"a\"", .send(range: false)), ("If-Range", date, .send(range: true)),
        ("If-Range", after, .send(range: false)), ("If-Range", "nonsense", .send(range: false)),
    ])
    func evaluates(field: String, value: String, expected: Conditions.Outcome) {
        #expect(outcome([(field, value)]) == expected)
    }

    @Test func tagsCountMoreThanDates() {
        #expect(outcome([("If-None-Match", "\"b\""), ("If-Modified-Since", Self.after)]) == .send(range: true))
        #expect(outcome([("If-Match", "\"a\""), ("If-Unmodified-Since", Self.before)]) == .send(range: true))
    }

    @Test func failedConditionsCountMoreThanUnchangedFiles() {
        #expect(outcome([("If-None-Match", "\"a\""), ("If-Match", "\"b\"")]) == .failed)
        #expect(outcome([("If-Match", "\"a\""), ("If-None-Match", "\"a\"")]) == .notModified)
    }

    @Test func joinsListsOfSeveralFields() {
        #expect(outcome([("If-None-Match", "\"b\""), ("If-None-Match", "\"a\"")]) == .notModified)
    }
}
