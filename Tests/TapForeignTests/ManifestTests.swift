import TapTesting
import Taproom
import Testing

@testable import TapForeign

/// What a manifest can say, and what is said to whoever makes a mistake in one.
struct ManifestTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.writeProgram()
    }

    /// What is wrong, without the path of the manifest.
    private func problems(_ text: String, as name: String = "sample") -> [String] {
        do throws(KindFailure) {
            _ = try ManifestReader.read(text, path: folder["\(name).yaml"])
            return []
        } catch {
            return error.problems.map { String($0.dropFirst(folder.path.count + 1)) }
        }
    }

    @Test func saysEverything() throws {
        let manifest = try manifest(
            """
            version: 2.1-3
            package: sample-server
            formerly: [example]
            arguments: [--root, "{root}", "--limit={limits.clients}"]
            environment: {ROOT: "{root}"}
            protocol: none
            startLimit: 5s
            settings:
              listen: {type: endpoint, default: tcp:80, list: true, meaning: Where it listens.}
              root: {type: path, default: /srv, meaning: What it shows.}
              limits.clients: {type: integer, default: 10, from: 1, to: 99, unit: clients, meaning: How many.}
            state:
              count: {initial: 0}
              rows: {key: integer, durability: snapshot, formerly: [lines]}
            """, in: folder)
        #expect(manifest.version == "2.1-3")
        #expect(manifest.package == "sample-server")
        #expect(manifest.formerWords == ["example"])
        #expect(manifest.program == folder["program"])
        #expect(manifest.speech == .none)
        #expect(manifest.startLimit == TimeSpan(seconds: 5))
        #expect(manifest.settings.declared.map(\.key) == ["listen", "root", "limits.clients"])
        #expect(manifest.settings.listeningKeys == ["listen"])
        #expect(manifest.state.map(\.declaration.durabilityWord) == ["always", "snapshot"])
        #expect(manifest.state.map(\.declaration.isTable) == [false, true])
    }

    @Test func whatIsLeftOutIsAsUsual() throws {
        let manifest = try manifest("", in: folder)
        #expect(manifest.package == "taproom-kind-sample")
        #expect(manifest.speech == .taproom)
        #expect(manifest.startLimit == TimeSpan(seconds: 30))
        #expect(manifest.settings.declared.isEmpty)
    }

    @Test(
        arguments: [
            ("word: sample\n", "1:1: the key \"taproom-kind\" is missing: a manifest begins with \"taproom-kind: 1\""),
            ("[]", "1:1: a manifest is a group of keys that begins with \"taproom-kind: 1\""),
            ("a: b: c", "1:5: the value holds a colon and a space: put it in quotes"),
            (
                head("sample").replacing("kind: 1", with: "kind: 2"),
                "1:15: taproom-kind must be 1, the format this program knows, but is 2"
            ),
            (head("other"), "2:7: word must be \"sample\", as the file is called, but is \"other\""),
            (head("sample") + "sumary: x\n", "5:1: sumary is not known here. Did you mean \"summary\"?"),
            (head("sample") + "version: 2\n", "5:10: version must be text, but is 2"),
            (
                head("sample").replacing("something.", with: "something"),
                "3:10: summary must be one sentence on one line, with its full stop"
            ),
            (head("sample") + "protocol: http\n", "5:11: protocol must be one of taproom, none, but is \"http\""),
            (
                head("sample") + "formerly: [Old]\n",
                "5:12: formerly[0] must be 1 to 64 lower-case letters, digits and hyphens, not beginning with a hyphen, but is \"Old\""
            ),
            (
                head("sample") + "arguments: [\"{roto}\"]\nsettings:\n  root: {meaning: What it shows.}\n",
                "5:13: arguments[0] names the setting \"roto\", which there is not. Did you mean \"root\"?"
            ),
        ] as [(String, String)])
    func tellsOfAMistakeAtItsPlace(_ text: String, _ problem: String) {
        #expect(problems(text).first == "sample.yaml:" + problem)
    }

    @Test(
        arguments: [
            (
                "a: {meaning: X}",
                "6:15: settings.a.meaning must say in one sentence, with its full stop, what the setting is for"
            ),
            (
                "a: {type: txt, meaning: X.}",
                "6:13: settings.a.type must be one of bool, integer, number, text, duration, size, path, endpoint, secret, any, but is \"txt\""
            ),
            (
                "a: {type: integer, default: x, meaning: X.}",
                "6:31: settings.a.default must be a whole number, but is text \"x\""
            ),
            (
                "a: {type: integer, default: 0, from: 1, meaning: X.}",
                "6:31: settings.a.default must be 1 or more, but is 0"
            ),
            (
                "a: {type: bool, from: 1, meaning: X.}",
                "6:25: settings.a.from has a place only in a setting of the type integer, duration or size"
            ),
            ("a: {type: duration, from: 1, meaning: X.}", "6:29: settings.a.from must be a value of the type duration"),
            ("a: {type: integer, to: 1, meaning: X.}", "6:26: settings.a.to needs from beside it, the least value"),
            (
                "a: {type: bool, words: [b], meaning: X.}",
                "6:26: settings.a.words has a place only in a setting of the type text"
            ),
            ("name: {meaning: X.}", "6:3: settings.name belongs to every service: call it something else"),
            (
                "a-b: {meaning: X.}",
                "6:3: settings.a-b must be letters and digits that begin with a letter, with dots for groups in groups"
            ),
            (
                "a: {meaning: X.}\n  a.b: {meaning: X.}",
                "7:3: settings.a.b can't be beside a: one of them is a group and a value at once"
            ),
            ("a: {meaning: X., live: maybe}", "6:26: settings.a.live must be true or false, but is text \"maybe\""),
            ("a: {meaning: X., lives: true}", "6:20: settings.a.lives is not known here. Did you mean \"live\"?"),
        ] as [(String, String)])
    func tellsOfAMistakeInASetting(_ line: String, _ problem: String) {
        #expect(problems(head("sample") + "settings:\n  \(line)\n") == ["sample.yaml:" + problem])
    }

    @Test(
        arguments: [
            (
                "a: {durability: never}",
                "6:19: state.a.durability must be one of always, everySecond, snapshot, but is \"never\""
            ),
            (
                "a: {key: text, initial: 1}",
                "6:27: state.a.initial has a place only in a cell: a table is empty at first"
            ),
            ("a: {}\n  b: {formerly: [a]}", "7:3: state.b: \"a\" is the name of two, or was"),
            (
                "a: {migrations: [{renam: {a: b}}]}",
                "6:21: state.a.migrations[0].renam is not known here. Did you mean \"rename\"?"
            ),
        ])
    func tellsOfAMistakeInAState(_ line: String, _ problem: String) {
        #expect(problems(head("sample") + "state:\n  \(line)\n") == ["sample.yaml:" + problem])
    }

    @Test func tellsOfAllMistakesInTheirOrder() {
        let text = head("sample") + "settings:\n  a: {meaning: X}\n  b: {type: x}\nstate: {c: {key: float}}\n"
        #expect(
            problems(text).map { String($0.prefix(15)) } == ["sample.yaml:6:1", "sample.yaml:7:1", "sample.yaml:8:1"])
    }

    @Test func needsAProgramThatCanBeExecuted() throws {
        #expect(
            problems(head("sample").replacing("program: program", with: "program: nothing")) == [
                "sample.yaml:4:10: program \(folder["nothing"]) can't be executed: no such file or directory"
            ])
    }
}
