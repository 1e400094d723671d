import TapConfig
import TapData
import TapSecrets
import TapTesting
import Taproom
import Testing

/// A password in a description is in the tap as its hash only, in the text of the description too.
@Suite struct HashedTextTests {
    private let kinds = KindList([Vault.self])

    private func read(_ text: String, former: Application? = nil) throws -> DescriptionReading {
        try DescriptionReader.reading(text, file: "site.yaml", folder: nil, kinds: kinds, former: former)
    }

    @Test(arguments: [
        "taproom: 1\nservices:\n- kind: vault # vault\n  password: pass-word one # it\n  users: {ada: 'it''s'}\n",
        "taproom: 1\r\nservices:\r\n- {kind: vault, password: \"pass-word \\\"one\\\"\"}\r\n",
        "# ä€😀\ntaproom: 1\nservices: [{kind: vault, \"password\": 'pass-word one', users: {ä: pass-word two, b: x}}]",
        "{\"taproom\": 1, \"services\": [{\"kind\": \"vault\", \"password\": \"pass-word\\u0020one\"}]}",
    ])
    func hashesTakeThePlaceOfPasswords(_ text: String) throws {
        let reading = try read(text)
        #expect(!reading.text.contains("pass-word"))
        #expect(reading.text.contains("vault"))
        #expect(reading.warnings == [])
        let again = try read(reading.text)
        #expect(again.application == reading.application)
        #expect(again.text == reading.text)
    }

    @Test func thePasswordKeepsItsHashUntilItChanges() throws {
        let text = "taproom: 1\nservices: [{kind: vault, password: one, users: {ada: two}}]\n"
        let first = try read(text)
        let second = try read(text, former: first.application)
        #expect(second.application == first.application)
        #expect(second.text == first.text)
        let other = try read(
            "taproom: 1\nservices: [{kind: vault, password: other, users: {ada: two}}]\n", former: first.application)
        let settings = [first, other].map { $0.application.services[0].settings }
        #expect(settings[0]["password"] != settings[1]["password"])
        #expect(settings[0]["users"] == settings[1]["users"])
    }

    @Test func aPasswordOverSeveralLinesIsRefusedWhereTheTextIsKept() throws {
        let text = "taproom: 1\nservices:\n- kind: vault\n  password: |\n    pass\n    word\n"
        let error = #expect(throws: DescriptionError.self) { try read(text) }
        #expect(
            error?.description
                == "site.yaml:4:13: services[0].password must stand on one line, in quotes, so that its hash can take its place"
        )
        #expect(throws: Never.self) {
            try DescriptionReader.read(text, file: "site.yaml", folder: nil, kinds: kinds)
        }
    }

    @Test func passwordsInBothOfTwoDescriptionsAreHashedWhereTheyStand() throws {
        let seed = """
            taproom: 1
            services:
            - {kind: vault, password: seed-one, users: {ada: seed-two, bob: seed-three, eve: seed-four}}
            - {name: b, kind: vault, password: 'seed-five'}

            """
        let own =
            "taproom: 1\nextends: a\nservices: [{kind: vault, password: own-one, users: {ada: own-two, eve: null}}]\n"
        let text = DescriptionTexts(own: own, extended: seed).joined
        let first = try read(text)
        #expect(!first.text.contains("own-") && !first.text.contains("seed-"), "\(first.text)")
        let again = try read(first.text)
        #expect(again.application == first.application)
        #expect(again.text == first.text)
        // Read from the files again: nothing is different.
        let second = try read(text, former: first.application)
        #expect(second.application == first.application)
        #expect(second.text == first.text)
        let users = first.application.services[0].settings["users"]?.object
        #expect(users?.keys.sorted() == ["ada", "bob"])
    }

    @Test func plainTextBesideItIsLeftAlone() throws {
        let text = "taproom: 1\nservices: [{kind: vault, apiKey: one, token: env:A}]\n"
        #expect(try read(text).text == text)
    }
}
