import TapData
import TapStandard
import TapTesting
import Taproom
import Testing

@testable import TapConfig

/// What the schemas of the shipped kinds say is what the kinds do.
@Suite(.timeLimit(.minutes(2)))
struct SchemaTests {
    private static let kinds = StandardKinds.all + [Greeter.self]

    /// What has to stand beside a key, in the same group.
    private static let companions: [String: DatumObject] = [
        "tls.key": ["certificate": "/a.pem"], "hosts[].key": ["certificate": "/a.pem"],
        "hosts[].status": ["redirect": "/"], "routes[].status": ["redirect": "/"],
        "rate.burst": ["requests": "1/s"], "routes[].rate.burst": ["requests": "1/s"],
        "hosts[].rate.burst": ["requests": "1/s"], "minimumDelay": ["maximumDelay": "1d"],
        "maximumDelay": ["minimumDelay": "1ms"],
    ]

    /// What a group has to have, whatever else is in it.
    private static let essentials: [Substring: DatumObject] = [
        "hosts[]": ["name": "a.example"], "proxy": ["to": "http://a.example"], "cgi": ["folder": "/programs"],
        "fastcgi": ["to": "unix:/run/php.sock", "root": "/srv"], "authenticate": ["file": "/srv/users"],
        "entries[]": ["listen": "tcp:79", "command": ["/bin/true"]],
    ]

    /// A value inside of the groups and lists of its key: `limits.idle`, `routes[].path`.
    private func settings(_ key: String, _ value: Datum) -> Datum {
        let words = key.split(separator: ".")
        return words.indices.reversed().reduce(value) { inner, index in
            let isLast = index == words.count - 1
            let isList = words[index].hasSuffix("[]")
            var group = isLast ? Self.companions[key] ?? [:] : [:]
            group[isList ? String(words[index].dropLast(2)) : String(words[index])] = isList ? .array([inner]) : inner
            let essentials = index > 0 ? Self.essentials[words[index - 1]] ?? [:] : [:]
            // A program stands for a folder, and what is internal for a command.
            let isProgram = group["program"] != nil
            let isInternal = group["internal"] != nil
            for (key, value) in essentials.members
            where group[key] == nil && !(isProgram && key == "folder") && !(isInternal && key == "command") {
                group[key] = value
            }
            return .object(group)
        }
    }

    /// What the settings of a kind must have, whatever else is in them.
    private static let required: [String: DatumObject] = ["procmon": ["command": ["/bin/true"]]]

    private func accepts(_ kind: any ServiceKind.Type, _ settings: Datum) -> Bool {
        guard var settings = settings.object else { return false }
        for (key, value) in Self.required[kind.word]?.members ?? [] where [nil, []].contains(settings[key]) {
            settings[key] = value
        }
        return kind.check(settings).errors.isEmpty
    }

    /// The schema of a key.
    private func property(_ schema: Datum, _ key: String) -> DatumObject? {
        key.split(separator: ".").reduce(schema.object) { schema, word in
            // A group that may be absent is one of two forms.
            var group = schema
            if case .array(let forms)? = schema?["anyOf"] {
                group = forms.compactMap { $0.object }.first { $0["properties"] != nil }
            }
            // A key of one's own.
            if word == "NAME" { return group?["additionalProperties"]?.object }
            let property = group?["properties"]?.object?[word.hasSuffix("[]") ? String(word.dropLast(2)) : String(word)]
            return word.hasSuffix("[]") ? property?.object?["items"]?.object : property?.object
        }
    }

    private func leaves(_ datum: Datum, below parent: String = "") -> [String: Datum] {
        var leaves: [String: Datum] = [:]
        for (key, value) in datum.object?.members ?? [] {
            leaves[parent + key] = value
            leaves.merge(self.leaves(value, below: parent + key + ".")) { first, _ in first }
        }
        return leaves
    }

    private func defaults<Kind: ServiceKind>(_ kind: Kind.Type) throws -> Datum {
        try DatumEncoder().encode(Kind.Settings())
    }

    @Test func everyKeyOfAShippedKindHasItsMeaningTypeAndDefault() throws {
        for kind in StandardKinds.all {
            let schema = try DescriptionSchema.document(of: kind)
            let usual = leaves(try defaults(kind))
            let rows = try DescriptionSchema.rows(of: kind)
            #expect(!rows.isEmpty)
            #expect(Set(usual.keys).isSubset(of: rows.map(\.key)))
            for row in rows {
                let found = try #require(property(schema, row.key), "\(row.key)")
                #expect(!row.meaning.isEmpty, "\(kind.word).\(row.key) has no field that says what it means")
                #expect(found["description"]?.string?.hasPrefix(row.meaning) == true)
                #expect(found["type"] != nil || found["anyOf"] != nil, "\(row.key)")
                // What is in a group that is absent has no default of its own.
                let group = row.key.split(separator: ".").dropLast().joined(separator: ".")
                let expected = group.isEmpty || usual[group]?.object != nil ? usual[row.key] ?? .null : nil
                if row.key.contains("[]") || row.key.contains(".NAME.") { continue }
                #expect(found["default"] == expected, "\(row.key)")
            }
        }
    }

    @Test func everyFieldNamesAKeyThatIsThere() throws {
        func keys<Kind: ServiceKind>(_ kind: Kind.Type) -> [String] { Kind.Settings.fields.map(\.key) }
        for kind in Self.kinds {
            let rows = Set(try DescriptionSchema.rows(of: kind).map(\.key))
            #expect(keys(kind).filter { !rows.contains($0) } == [])
        }
    }

    @Test func kindAndSchemaAcceptDefaultsAndExamples() async throws {
        for kind in Self.kinds {
            let schema = try DescriptionSchema.document(of: kind)
            var instances = [try defaults(kind), .object([:])]
            // What has a name of one's own may need more than the one key.
            for row in try DescriptionSchema.rows(of: kind) where !row.key.contains(".NAME.") {
                guard case .array(let examples)? = property(schema, row.key)?["examples"] else { continue }
                instances += examples.map { settings(row.key, $0) }
            }
            #expect(instances.filter { !accepts(kind, $0) } == [])
            let verdicts = try await Validator.verdicts(schema, instances)
            #expect(zip(instances, verdicts).filter { !$1 }.map(\.0) == [])
        }
    }

    @Test func rangesEndWhereTheKindEndsThem() async throws {
        func limits<Kind: ServiceKind>(_ kind: Kind.Type) -> [(key: String, limits: SettingLimits)] {
            Kind.Settings.fields.compactMap { field in field.limits.map { (field.key, $0) } }
        }
        var count = 0
        for kind in Self.kinds {
            let schema = try DescriptionSchema.document(of: kind)
            var cases: [(Datum, isAllowed: Bool)] = []
            for (key, limits) in limits(kind) {
                let isText = JSONWriter.line(.object(property(schema, key) ?? [:])).contains("pattern")
                func add(_ number: Int64, _ isAllowed: Bool) {
                    cases.append((settings(key, isText ? .string("\(number)ms") : .integer(number)), isAllowed))
                }
                add(limits.lower - 1, false)
                add(limits.lower, true)
                if let upper = limits.upper {
                    add(upper, true)
                    add(upper + 1, false)
                }
            }
            let verdicts = try await Validator.verdicts(schema, cases.map(\.0))
            for (example, verdict) in zip(cases, verdicts) {
                #expect(accepts(kind, example.0) == example.isAllowed, "\(example.0)")
                #expect(verdict == example.isAllowed, "\(example.0)")
            }
            count += cases.count
        }
        #expect(count >= 18)
    }

    @Test func unknownKeysAreRefusedByBoth() async throws {
        for kind in Self.kinds {
            let groups =
                [""] + (try DescriptionSchema.rows(of: kind)).filter { $0.values == "a group" }.map { $0.key + "." }
            let instances = groups.map { settings($0 + "no-such-key", .bool(true)) }
            #expect(instances.filter { accepts(kind, $0) } == [])
            #expect(
                try await Validator.verdicts(DescriptionSchema.document(of: kind), instances).contains(true) == false)
        }
    }

    private static let values: [Datum] = [
        .null, .bool(true), .integer(0), .integer(-1), .integer(70_000), .number(1.5), "", "x", "10s", "010s", "0d",
        "5MB", "10",
        "tcp:80", "tcp:65536", "tcp:", "tcp:1:interface=[::1]", "tcp:1:interface=", "udp:1", "unix:/a", "unix:a",
        "unix:/a:mode=660", "unix:/a:mode=888", "unix:[/a:b]", "systemd:web", "systemd:", "inside", "Inside",
        "text/plain",
        [], ["a"], ["tcp:80"], ["tcp:80", .integer(1)], .object([:]), .object(["a": "text/x"]),
        .object(["a": .integer(1)]),
    ]

    /// A kind may refuse more than a schema can say; these keys are such.
    private static let looser: Set<String> = [
        "index", "defaultType", "types", "extensions", "fallback", "cache", "headers", "errorPages", "listen", "routes",
        "hosts", "allow", "deny", "authenticate", "authenticate.users", "authenticate.realm", "authenticate.required",
        "authenticate.file",
        "cors", "cors.origins", "cors.methods", "cors.headers", "cors.exposes", "rate", "rate.burst",
        "proxyProtocol.from", "to", "users.folder", "outside", "command", "umask", "expected", "environment", "secrets",
    ]

    @Test func whatAKindAcceptsItsSchemaAccepts() async throws {
        for kind in Self.kinds {
            let schema = try DescriptionSchema.document(of: kind)
            let rows = try DescriptionSchema.rows(of: kind)
            let cases = rows.flatMap { row in Self.values.map { (row.key, settings(row.key, $0)) } }
            let verdicts = try await Validator.verdicts(schema, cases.map(\.1))
            for ((key, settings), verdict) in zip(cases, verdicts) {
                let isAccepted = accepts(kind, settings)
                #expect(verdict || !isAccepted, "only the kind accepts \(JSONWriter.line(settings))")
                let isElement = key.contains("[]") || key.contains(".NAME.")
                if !Self.looser.contains(key), !isElement, !key.hasPrefix("tls.") {
                    #expect(isAccepted || !verdict, "only the schema accepts \(JSONWriter.line(settings))")
                }
            }
        }
    }

    @Test func lengthsOfTimeMatchTheirPatternWhenTheyAreInRange() async throws {
        var random = SeededGenerator(seed: 7)
        let kind = StandardKinds.all[0]
        let texts = (0..<600).map { _ in
            let digits = Int.random(in: 1...9, using: &random)
            let number = (0..<digits).map { _ in String(Int.random(in: 0...9, using: &random)) }.joined()
            return number + (["ms", "s", "m", "h", "d", "w"].randomElement(using: &random) ?? "s")
        }
        let instances = texts.map { settings("limits.idle", .string($0)) }
        let verdicts = try await Validator.verdicts(DescriptionSchema.document(of: kind), instances)
        let expected = instances.map { accepts(kind, $0) }
        #expect(verdicts == expected)
        #expect(expected.contains(true) && expected.contains(false))
    }

    @Test func descriptionsAreAcceptedByReaderAndSchemaAlike() async throws {
        let good = [
            "taproom: 1\nservices: []", "taproom: 1\nservices:",
            "taproom: 1\n$schema: x\nname: a\nservices: [{kind: web}]",
            "taproom: 1\nuser: 33\ngroup: www-data\nretention: {keep: 3, size: 1GB}\nservices: [{kind: web, listen: tcp:80}]",
            "taproom: 1\nretention: null\nname: null\nservices: [{kind: web, name: null, enabled: false}]",
            "taproom: 1\nservices: [{kind: web, restart: {policy: always, atMost: 2, within: 10s, delay: 1s}}]",
            "taproom: 1\nservices: [{kind: group, services: [{kind: group, services: [{kind: web}]}]}]",
            "taproom: 1\nservices: [{kind: web, limits: {header: 2048}, static: null}]",
            "taproom: 1\nservices: [{kind: web, was: old}, {kind: group, was: null, services: [{kind: web, was: a}]}]",
        ]
        let bad = [
            "services: []", "taproom: 2\nservices: []", "taproom: 1", "taproom: 1\nservices: {}",
            "taproom: 1\nservices: [{}]",
            "taproom: 1\nservices: [{kind: wbe}]", "taproom: 1\nservices: [{kind: web, listne: tcp:1}]",
            "taproom: 1\nservices: [{kind: web, services: []}]", "taproom: 1\nservices: [{kind: group, listen: tcp:1}]",
            "taproom: 1\nservices: [{kind: web, enabled: 1}]", "taproom: 1\nname: -a\nservices: []",
            "taproom: 1\nuser: -1\nservices: []", "taproom: 1\nretention: {keep: 0}\nservices: []",
            "taproom: 1\nservices: [{kind: web, restart: {policy: sometimes}}]", "taproom: 1\n$schema: 1\nservices: []",
            "taproom: 1\nservices: [{kind: web, restart: {atMost: 0}}]",
            "taproom: 1\nservices: [{kind: web, was: 5}]", "taproom: 1\nwas: old\nservices: []",
            "taproom: 1\nservices: [{kind: group, services: [{kind: web, limits: {idle: 2d}}]}]",
        ]
        let kinds = KindList(StandardKinds.all)
        func isRead(_ text: String) -> Bool {
            (try? DescriptionReader.read(text, file: "site.yaml", folder: nil, kinds: kinds)) != nil
        }
        #expect(good.filter { !isRead($0) } == [])
        #expect(bad.filter(isRead) == [])
        let instances = try (good + bad).map { try YAMLReader.read($0).datum }
        let verdicts = try await Validator.verdicts(DescriptionSchema.document(kinds: kinds), instances)
        #expect(zip(good + bad, verdicts).filter { $1 }.map(\.0) == good)
    }

    @Test func descriptionsThatExtendAnotherAreAcceptedByReaderAndSchemaAlike() async throws {
        let seed = """
            taproom: 1
            services:
              - {kind: web, limits: {header: 2048}}
              - {name: inner, kind: group, services: [{name: deep, kind: web}]}

            """
        let good = [
            "", "services:", "name: a\nuser: null", "services: [{kind: web, name: more, static: /srv}]",
            "services: [{name: web, static: null, limits: {header: null, idle: 1m}, enabled: null, restart: null}]",
            "services: [{name: site, was: web}, {name: inner, services: [{name: deep, enabled: false}, {kind: web}]}]",
            "services: [{name: web, kind: null, restart: {policy: always}}]",
        ]
        let bad = [
            "services: {}", "services: [{static: /srv}]", "services: [{name: web, kind: wbe}]", "extend: a",
            "services: [{name: web, enabled: 1}]", "services: [{name: inner, services: {}}]", "user: -1",
        ]
        let kinds = KindList(StandardKinds.all)
        func text(_ more: String) -> String { "taproom: 1\nextends: a.yaml\n\(more)\n" }
        func isRead(_ more: String) -> Bool {
            let text = DescriptionTexts(own: text(more), extended: seed).joined
            return (try? DescriptionReader.read(text, file: "site.yaml", folder: nil, kinds: kinds)) != nil
        }
        #expect(good.filter { !isRead($0) } == [])
        #expect(bad.filter(isRead) == [])
        let instances = try (good + bad).map { try YAMLReader.read(text($0)).datum }
        let verdicts = try await Validator.verdicts(DescriptionSchema.document(kinds: kinds), instances)
        #expect(zip(good + bad, verdicts).filter { $1 }.map(\.0) == good)
    }

    @Test func thePageOfEachKindHasItsSettings() throws {
        let root = String(#filePath.dropLast("/Tests/TapStandardTests/SchemaTests.swift".utf8.count))
        for kind in StandardKinds.all {
            let page = try DocumentationPage.text("\(root)/docs/kinds/\(kind.word).md")
            let table = try SettingsTable.markdown(of: kind)
            #expect(
                page.contains(table),
                "docs/kinds/\(kind.word).md must have the table that 'tapctl schema \(kind.word) --markdown' prints")
        }
    }
}
