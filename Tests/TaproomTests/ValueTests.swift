import TapData
import Taproom
import Testing

@Suite struct ValueTests {
    private func problem<Value: Decodable>(_ type: Value.Type, _ datum: Datum) -> String? {
        do throws(DataError) {
            _ = try DatumDecoder().decode(type, from: datum)
            return nil
        } catch {
            return error.description
        }
    }

    @Test(arguments: [
        (Datum.integer(1), [1]), (.array([.integer(1)]), [1]), (.array([.integer(1), .integer(2)]), [1, 2]),
        (.array([]), []),
    ])
    func oneOrMoreReadsAValueOrAList(datum: Datum, expected: [Int]) throws {
        #expect(try DatumDecoder().decode(OneOrMore<Int>.self, from: datum).elements == expected)
    }

    @Test(arguments: [
        ([1], Datum.integer(1)), ([], .array([])), ([1, 2], .array([.integer(1), .integer(2)])),
    ])
    func oneOrMoreWritesTheShorterForm(elements: [Int], expected: Datum) throws {
        #expect(try DatumEncoder().encode(OneOrMore(elements)) == expected)
    }

    @Test func oneOrMoreNamesTheElementThatIsWrong() {
        #expect(
            problem([String: OneOrMore<Endpoint>].self, .object(["a": .array([.string("tcp:1"), .string("x")])]))
                == "a[1] is no endpoint: \"x\". An endpoint is written tcp:PORT, tls:PORT, udp:PORT, unix:PATH or systemd:NAME."
        )
        #expect(problem(OneOrMore<Int>.self, .string("x")) == "must be a whole number, but is text \"x\"")
    }

    @Test(arguments: [
        ("/srv/www", "/site", "/srv/www"), ("www", "/site", "/site/www"), ("./www", "/site/", "/site/www"),
        ("../www", "/site/a", "/site/www"), ("../../../www", "/a", "/www"), (".", "/site", "/site"), ("..", "/", "/"),
        ("a//b/./c", "/", "/a/b/c"), ("~", "/site", "/site/~"),
    ])
    func takesRelativePathsFromTheFolder(path: String, folder: String, expected: String) {
        #expect(LocalPath(path, in: folder).text == expected)
    }

    @Test func leavesPathsAsTheyAreWithoutAFolder() throws {
        #expect(LocalPath("../www").text == "../www")
        #expect(LocalPath(argument: "") == nil)
        #expect(LocalPath(argument: "/a")?.text == "/a")
        #expect(problem(LocalPath.self, .string("")) == "must be a path, but is \"\"")
        #expect(problem(LocalPath.self, .string("/a\0b")) != nil)
    }

    @Test(arguments: [
        ("0s", Int64(0), "0s"), ("500ms", 500, "500ms"), ("1000ms", 1000, "1s"), ("90s", 90_000, "90s"),
        ("120s", 120_000, "2m"),
        ("60m", 3_600_000, "1h"), ("36h", 129_600_000, "36h"), ("48h", 172_800_000, "2d"),
        ("3650d", 315_360_000_000, "3650d"),
        ("0ms", 0, "0s"),
    ])
    func readsAndWritesTimeSpans(text: String, milliseconds: Int64, canonical: String) throws {
        let span = try #require(TimeSpan(text))
        #expect(span.milliseconds == milliseconds)
        #expect(span.description == canonical)
        #expect(span.duration == .milliseconds(milliseconds))
    }

    @Test(arguments: [
        "", "5", "s", "5 s", "-5s", "+5s", "5sec", "1.5s", "5S", "3651d", "99999999999999999999s",
        "9223372036854775807d", "٥s",
    ])
    func refusesOtherTimeSpans(text: String) {
        #expect(TimeSpan(text) == nil)
        #expect(
            problem(TimeSpan.self, .string(text))
                == "must be a number with ms, s, m, h or d, up to ten years, but is \"\(text)\"")
    }

    @Test(arguments: ["a", "web", "Web_2-x", "7", "_", "a-", String(repeating: "a", count: 64)])
    func takesPlainNames(name: String) { #expect(Name.problem(name) == nil) }

    @Test(arguments: ["", "-a", "a b", "a.b", "a/b", "é", "a\n", "日", String(repeating: "a", count: 65)])
    func refusesOtherNames(name: String) {
        #expect(
            Name.problem(name)
                == "must be 1 to 64 letters, digits, hyphens and underscores, not beginning with a hyphen, but is \"\(name)\""
        )
    }

    @Test func aRestartPolicyHasDefaultsForEveryKey() throws {
        let policy = try DatumDecoder().decode(RestartPolicy.self, from: .object(["policy": .string("always")]))
        #expect((policy.policy, policy.atMost, policy.within) == (.always, 5, TimeSpan(seconds: 60)))
        #expect(try DatumDecoder().decode(RestartPolicy.self, from: .object([:])) == RestartPolicy())
    }

    @Test func aRestartPolicyIsReadBackTheSame() throws {
        var policy = RestartPolicy()
        (policy.policy, policy.atMost, policy.within) = (.onFailure, 1, TimeSpan(seconds: 5))
        #expect(try DatumDecoder().decode(RestartPolicy.self, from: DatumEncoder().encode(policy)) == policy)
    }

    @Test(
        arguments: [
            (["policy": .string("allways")], "policy is unknown: \"allways\". Did you mean \"always\"?"),
            (["policy": .string("elephant")], "policy is unknown: \"elephant\". Allowed: never, onFailure, always."),
            (["policy": .integer(1)], "policy must be text, but is 1"),
            (["atMost": .integer(0)], "atMost must be 1 or more, but is 0"),
            (
                ["within": .integer(5)],
                "within must be a number with ms, s, m, h or d, but is 5. Did you mean \"5s\"?"
            ),
        ] as [(DatumObject, String)])
    func aRestartPolicySaysWhatIsWrong(given: DatumObject, expected: String) {
        #expect(problem(RestartPolicy.self, .object(given)) == expected)
    }

    @Test(
        arguments: [(2, "no such file or directory"), (13, "permission denied"), (5, "input/output error")]
            as [(Int32, String)])
    func systemErrorsBeginWithASmallLetter(code: Int32, reason: String) {
        #expect(SystemCallError("open a", code: code).description == "cannot open a: \(reason)")
    }

    @Test func anApplicationListsParentsBeforeChildren() {
        let inner = ServiceDefinition(name: "b", kind: "k", services: [ServiceDefinition(name: "c", kind: "k")])
        let application = Application(
            name: "x",
            services: [
                ServiceDefinition(name: "a", kind: "k", services: [inner]), ServiceDefinition(name: "d", kind: "k"),
            ])
        #expect(application.servicesByPath.map(\.path) == ["a", "a/b", "a/b/c", "d"])
        #expect(application.service(at: "a/b") == inner)
        #expect(application.service(at: "b") == nil)
    }
}
