import TapData
import TapTesting
import Taproom
import Testing

@testable import TapConfig

/// Settings with everything that settings can be made of.
private struct Everything: DocumentedSettings {
    enum Mood: String, Codable, CaseIterable { case calm, wild }

    struct Route: Codable, Equatable {
        var path: String
        var weight: UInt8?
        var inner: [Route]
    }

    struct Group: SettingsGroup {
        var wait: TimeSpan?
        var rate = 1.5
        init() {}
    }

    var flag = true
    var port: UInt16 = 80
    var count: Int?
    var name: String?
    var mood = Mood.calm
    var moods: [Mood] = []
    var size = ByteCount(bytes: 1000)
    var routes: [Route] = []
    var labels: [String: Int] = [:]
    var key: [UInt8] = []
    var names: OneOrMore<String> = []
    var group = Group()

    static let fields: [SettingField<Everything>] = [
        SettingField("count", "How many.", \.count, in: 1...),
        SettingField("size", "How much.", \.size, in: ByteCount(bytes: 10)...ByteCount(bytes: 2000)),
    ]
    init() {}
}

@Suite struct ShapeTests {
    private func property(_ path: String...) throws -> String {
        var properties = try SettingsSchema(Everything.self).properties
        for key in path.dropLast() { properties = properties[key]?.object?["properties"]?.object ?? [:] }
        var property = try #require(properties[path.last ?? ""]?.object)
        for word in ["description", "default", "examples", "patternErrorMessage"] { property[word] = nil }
        return JSONWriter.line(.object(property))
    }

    @Test(arguments: [
        ("flag", #"{"type":"boolean"}"#), ("port", #"{"type":"integer","minimum":0,"maximum":65535}"#),
        ("count", #"{"anyOf":[{"type":"integer","minimum":1},{"type":"null"}]}"#),
        ("name", #"{"anyOf":[{"type":"string"},{"type":"null"}]}"#),
        ("mood", #"{"type":"string","enum":["calm","wild"]}"#),
        ("moods", #"{"type":"array","items":{"type":"string","enum":["calm","wild"]}}"#),
        ("labels", #"{"type":"object","additionalProperties":{"type":"integer"}}"#),
        ("key", #"{"type":"string","contentEncoding":"base64"}"#),
        ("names", #"{"anyOf":[{"type":"string"},{"type":"array","items":{"type":"string"}}]}"#),
    ])
    func learnsTheTypeOfAKey(_ key: String, _ schema: String) throws {
        #expect(try property(key) == schema)
    }

    @Test func learnsTypesThatContainThemselves() throws {
        let route =
            #"{"path":{"type":"string"},"weight":{"anyOf":[{"type":"integer","minimum":0,"maximum":255},{"type":"null"}]},"#
            + #""inner":{"type":"array","items":{}}}"#
        #expect(
            try property("routes")
                == #"{"type":"array","items":{"type":"object","properties":\#(route),"additionalProperties":false}}"#)
    }

    @Test func learnsTheKeysOfAGroup() throws {
        #expect(try property("group", "rate") == #"{"type":"number"}"#)
        #expect(try property("group", "wait").hasPrefix(#"{"anyOf":[{"type":"string","pattern":"#))
    }

    @Test func narrowsAFormToItsRange() throws {
        #expect(
            try property("size")
                == #"{"type":"string","pattern":"^(0*([1-9][0-9]|[1-9][0-9]{2}|1[0-9][0-9]{2}|2000)B|0*([1-2])kB|0*(1)KiB)$"}"#
        )
    }

    @Test func saysDefaultsAndRangesInWords() throws {
        let size = try #require(SettingsSchema(Everything.self).properties["size"]?.object)
        #expect(size["default"] == .string("1kB"))
        let form = "A number of bytes: a number with B, kB, MB, GB, KiB, MiB or GiB."
        #expect(size["description"] == .string("How much. From 10B to 2kB. \(form)"))
    }

    @Test func checksTheRangesItDeclares() {
        var settings = Everything()
        settings.count = 0
        settings.size = ByteCount(bytes: 9)
        #expect(
            settings.rangeProblems == [
                SettingProblem("count", "must be 1 or more, but is 0"),
                SettingProblem("size", "must be from 10B to 2kB, but is 9B"),
            ])
        settings.count = nil
        settings.size = ByteCount(bytes: 2000)
        #expect(settings.rangeProblems.isEmpty)
    }

    @Test func acceptsASchemaInADescriptionAndForgetsIt() throws {
        let kinds = KindList([Greeter.self])
        for text in [
            "taproom: 1\n$schema: https://example.com/taproom.json\nservices: [{kind: greeter}]\n",
            #"{"$schema": "taproom.json", "taproom": 1, "services": [{"kind": "greeter"}]}"#,
        ] {
            let application = try DescriptionReader.read(text, file: "site.yaml", folder: nil, kinds: kinds)
            #expect(!Description.yaml(of: application).contains("schema"))
        }
        #expect(throws: DescriptionError.self) {
            try DescriptionReader.read(
                "taproom: 1\n$schema: 7\nservices: []\n", file: "site.yaml", folder: nil, kinds: kinds)
        }
    }
}
