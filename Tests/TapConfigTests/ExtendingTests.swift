@testable import TapConfig
import TapData
import Taproom
import TapTesting
import Testing

/// Descriptions that extend another: what the two say together.
@Suite struct ExtendingTests {
    static let kinds = KindList([Greeter.self, SmallWeb.self])
    static let seed = """
        taproom: 1
        name: shop
        user: www-data
        retention: {keep: 5}
        services:
          - name: front
            kind: greeter
            greeting: Hello
            folder: www
            limits: {clients: 5, wait: 10s}
          - name: inner
            kind: group
            services:
              - {name: back, kind: greeter, listen: tcp:7001}
              - {kind: web, index: [a.html, b.html], types: {a: text/a, b: text/b}}

        """

    private func read(_ own: String, _ seed: String = seed) throws -> Application {
        try reading(own, seed).application
    }

    private func reading(_ own: String, _ seed: String = seed, former: Application? = nil) throws -> DescriptionReading
    {
        try DescriptionReader.reading(
            DescriptionTexts(own: "taproom: 1\nextends: ../seed/shop.yaml\n" + own, extended: seed).joined,
            file: "etc/site.yaml", folder: "/srv/etc", kinds: ExtendingTests.kinds, former: former)
    }

    /// What is wrong, a line each.
    private func problems(_ own: String, _ seed: String = seed) -> [String] {
        do {
            _ = try reading(own, seed)
            return []
        } catch {
            return "\(error)".split(separator: "\n").map(String.init)
        }
    }

    private func service(_ path: String, in application: Application) throws -> ServiceDefinition {
        try #require(application.servicesByPath.first { $0.path == path }?.service)
    }

    // MARK: What is laid over what

    @Test func oneThatSaysNothingMoreIsTheOther() throws {
        let alone = try DescriptionReader.read(
            ExtendingTests.seed, file: "shop.yaml", folder: "/srv/seed", kinds: ExtendingTests.kinds)
        for own in ["", "services:\n", "services: []\n", "# nothing\n", "services: [{name: inner}]\n"] {
            try #expect(read(own) == alone, "\(own)")
        }
    }

    @Test func keysOfTheApplicationTakeThePlaceOfTheOthers() throws {
        let application = try read("user: ada\ngroup: staff\nretention: {daily: 2}\n")
        #expect(application.name == "shop")
        #expect(application.user == "ada")
        #expect(application.group == "staff")
        #expect(application.retention?.keep == nil)
        #expect(application.retention != nil)
        try #expect(read("name: mine\nuser: null\n").user == nil)
        try #expect(read("name: mine\n").name == "mine")
    }

    @Test func theNameIsThatOfTheFileWhenNeitherHasOne() throws {
        #expect(try read("", ExtendingTests.seed.replacing("name: shop\n", with: "")).name == "site")
    }

    @Test func settingsAreMergedMemberByMember() throws {
        let front = try service("front", in: read("services: [{name: front, limits: {wait: 1m}, listen: tcp:80}]\n"))
        #expect(front.kind == "greeter")
        #expect(front.settings["greeting"] == "Hello")
        #expect(front.settings["limits"] == .object(["clients": .integer(5), "wait": "1m"]))
        #expect(front.settings["listen"] == "tcp:80")
    }

    @Test func nullTakesAwayAndListsAreReplaced() throws {
        let application = try read(
            """
            services:
              - {name: front, greeting: null, limits: {clients: null}}
              - name: inner
                services: [{kind: web, index: [c.html], types: {a: null, c: text/c}}]

            """)
        let front = try service("front", in: application)
        #expect(front.settings["greeting"] == nil)
        #expect(front.settings["limits"] == .object(["clients": .integer(10), "wait": "10s"]))
        let web = try service("inner/web", in: application)
        #expect(web.settings["index"] == "c.html")
        #expect(web.settings["types"] == .object(["b": "text/b", "c": "text/c"]))
    }

    @Test func servicesAreSwitchedOffAndAddedAtTheEnd() throws {
        let application = try read(
            """
            services:
              - {name: more, kind: greeter, greeting: More, limits: {wait: 1s}}
              - {name: front, enabled: false, restart: {policy: always}}
              - {name: inner, services: [{name: last, kind: web}]}

            """)
        #expect(
            application.servicesByPath.map(\.path) == [
                "front", "inner", "inner/back", "inner/web", "inner/last", "more",
            ])
        try #expect(!service("front", in: application).isEnabled)
        try #expect(service("front", in: application).restart.policy == .always)
    }

    @Test func relativePathsAreTakenFromTheFolderOfTheFileThatHasThem() throws {
        let own = "services: [{name: front, greeting: Hi}, {name: b, kind: greeter, folder: b}]\n"
        let application = try read(own)
        try #expect(service("front", in: application).settings["folder"] == "/srv/seed/www")
        try #expect(service("b", in: application).settings["folder"] == "/srv/etc/b")
        let other = try read("services: [{name: front, folder: www}]\n")
        try #expect(service("front", in: other).settings["folder"] == "/srv/etc/www")
    }

    @Test func theOtherOneMayBeJSON() throws {
        let alone = try DescriptionReader.read(
            ExtendingTests.seed, file: "shop.yaml", folder: "/srv/seed", kinds: ExtendingTests.kinds)
        try #expect(read("", Description.json(of: alone)) == alone)
    }

    @Test func eitherMayBeginWithMarksOfItsOwn() throws {
        let own = "%YAML 1.2\n# mine\n---\ntaproom: 1\nextends: a\nuser: ada\n..."
        let text = DescriptionTexts(own: own, extended: "%YAML 1.2\n---\n" + ExtendingTests.seed).joined
        let application = try DescriptionReader.read(
            text, file: "site.yaml", folder: nil, kinds: ExtendingTests.kinds)
        #expect(application.user == "ada")
        #expect(application.services.count == 2)
    }

    // MARK: Names

    @Test func aServiceIsRenamed() throws {
        let reading = try reading("services: [{name: site, was: front, greeting: Hi}]\n")
        #expect(reading.application.services.map(\.name) == ["site", "inner"])
        #expect(reading.application.services[0].settings["greeting"] == "Hi")
        #expect(reading.application.services[0].settings["folder"] == "/srv/seed/www")
        #expect(reading.renames == ["site": "front"])
    }

    @Test func oneThatTheOtherFileRenamedIsFoundByTheNameItHad() throws {
        let renamed = ExtendingTests.seed.replacing("name: front\n", with: "name: site\n    was: front\n")
        let reading = try reading("services: [{name: front, greeting: Hi}]\n", renamed)
        #expect(reading.application.services.map(\.name) == ["site", "inner"])
        #expect(reading.application.services[0].settings["greeting"] == "Hi")
        #expect(reading.renames == ["site": "front"])
        // Its own new name counts more.
        let own = try self.reading("services: [{name: mine, was: front}]\n", renamed)
        #expect(own.application.services.map(\.name) == ["mine", "inner"])
        #expect(own.renames == ["mine": "front"])
    }

    @Test func aHintMayStayWhenBothUseTheNewName() throws {
        let renamed = ExtendingTests.seed.replacing("name: front", with: "name: site")
        try #expect(
            read("services: [{name: site, was: front, greeting: Hi}]\n", renamed).services[0].settings["greeting"]
                == "Hi")
    }

    // MARK: Mistakes

    @Test(arguments: [
        (
            "services: [{name: front, kind: web}]\n",
            #"etc/site.yaml:3:32: front.kind is "web" here, but "greeter" in etc/../seed/shop.yaml:6:5; leave it out, or give a new service another name"#
        ),
        (
            "services:\n  - {name: frnot, greeting: Hi}\n",
            #"etc/site.yaml:4:12: frnot is no service in etc/../seed/shop.yaml. Did you mean "front"? A new one needs a "kind""#
        ),
        (
            "services: [{name: inner, services: [{greeting: Hi}]}]\n",
            #"etc/site.yaml:3:37: inner/services needs the "name" of a service in etc/../seed/shop.yaml, or the "kind" of a new one"#
        ),
        (
            "services: [{name: front, greting: Hi}]\n",
            #"etc/site.yaml:3:26: front.greting is not known here. Did you mean "greeting"?"#
        ),
        (
            "services: [{name: front}, {name: front, kind: greeter}]\n",
            "etc/site.yaml:3:27: front is here twice; write what both say as one"
        ),
        (
            "services: [{kind: web}, {kind: web}]\n",
            #"etc/site.yaml:3:25: web there are two services "web" here; give one of them another name"#
        ),
        ("services: [front]\n", "etc/site.yaml:3:12: services[2] must be a group of keys, but is text"),
        ("servces: []\n", #"etc/site.yaml:3:1: servces is not known here. Did you mean "services"?"#),
        ("services: {front: {}}\n", "etc/site.yaml:3:11: services must be a list, but is a group of keys"),
    ])
    func mistakesAreShownInTheFile(own: String, problem: String) {
        #expect(problems(own) == [problem])
    }

    @Test(arguments: [
        (
            "kind: greeter\n    greeting", "kind: greter\n    greeting",
            #"7:11: front.kind no kind is called "greter". Did you mean "greeter"?"#
        ),
        ("clients: 5", "clients: 5000", "10:23: front.limits.clients must be from 1 to 1000, but is 5000"),
        ("folder: www", "fodler: www", #"9:5: front.fodler is not known here. Did you mean "folder"?"#),
        ("taproom: 1", "taproom: 2", "1:10: taproom must be 1, the format this program knows, but is 2"),
        ("taproom: 1", "{", "2:1: a key in double quotes is expected"),
        (
            "user: www-data", "extends: further.yaml",
            "3:10: extends has no place in a description that is extended itself, by etc/site.yaml: only one may be below another"
        ),
    ])
    func mistakesOfTheOtherAreShownInThat(right: String, wrong: String, problem: String) {
        let problems = problems(
            "services: [{name: front, greeting: Hi}]\n", ExtendingTests.seed.replacing(right, with: wrong))
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("etc/../seed/shop.yaml:\(problem)") == true, "\(problems)")
    }

    @Test func bothSayWhichFormatTheyHave() {
        let text = DescriptionTexts(own: "extends: a\n", extended: "services: []\n").joined
        let error = #expect(throws: DescriptionError.self) {
            try DescriptionReader.read(text, file: "site.yaml", folder: nil, kinds: ExtendingTests.kinds)
        }
        let problem = #"the key "taproom" is missing: a description begins with "taproom: 1""#
        #expect(error?.description == "site.yaml:1:1: \(problem)\na:1:1: \(problem)")
    }

    @Test(arguments: [
        (
            "taproom: 1\nextends: seed.yaml\n",
            #"site.yaml:2:10: extends names a file, and none is read for what is not in a file itself: write the whole description "seed.yaml" behind this one, after a line ---"#
        ),
        ("taproom: 1\nextends: [a]\n", #"site.yaml:2:10: extends must be the path of a description, but is ["a"]"#),
        ("taproom: 1\nservices: []\n---\na: 1\n", "site.yaml:3:1: a second document begins; only one is read"),
    ])
    func aTextAloneExtendsNothing(text: String, problem: String) {
        let error = #expect(throws: DescriptionError.self) {
            try DescriptionReader.read(text, file: "site.yaml", folder: nil, kinds: ExtendingTests.kinds)
        }
        #expect(error?.description == problem)
    }

    @Test func dataExtendsNothing() {
        let error = #expect(throws: DescriptionError.self) {
            try DescriptionReader.application(
                .object(["taproom": .integer(1), "name": "site", "extends": "/etc/passwd", "services": .array([])]),
                folder: nil, former: nil,
                kinds: ExtendingTests.kinds)
        }
        #expect(error?.problems.map(\.path) == ["extends"])
    }

    @Test(arguments: [
        (#"{"taproom": 1, "extends": "a"}"#, "site.json:1:27: extends is for descriptions in YAML; write this one so"),
        (
            "extends: a\n---\nb: 1\n",
            "site.json:2:1: a second document begins; a file that extends another has only one"
        ),
    ])
    func filesThatCanNotExtendAreRefused(text: String, problem: String) {
        let error = #expect(throws: DescriptionError.self) {
            try DescriptionTexts.extendedPath(in: text, file: "site.json")
        }
        #expect(error?.description == problem)
    }

    @Test func thePathIsFound() throws {
        #expect(try DescriptionTexts.extendedPath(in: "extends: a b\n", file: "") == "a b")
        #expect(try DescriptionTexts.extendedPath(in: "extends: null\n", file: "") == nil)
        #expect(try DescriptionTexts.extendedPath(in: "# extends: a\n", file: "") == nil)
        #expect(try DescriptionTexts.extendedPath(in: "extends: [\n", file: "") == nil)
    }

    // MARK: What is kept

    @Test func theTextOfBothSaysTheSameLater() throws {
        let reading = try reading("services: [{name: front, greeting: Hi}]")
        let again = try DescriptionReader.reading(
            reading.text, file: "site.yaml", folder: "/srv/etc", kinds: ExtendingTests.kinds)
        #expect(again.application == reading.application)
        #expect(again.text == reading.text)
    }

    @Test func placesAreInTheFileThatHasThem() throws {
        let reading = try reading("services: [{name: front, greeting: Hi}]\n")
        let places = ["front.greeting", "front.folder", "inner/back.listen"].map { path in
            let path = try? EditPath(path, in: reading.application)
            let position = path.map { reading.position(of: $0) } ?? Position(line: 0, column: 0)
            return "\(reading.file(of: position) ?? "own"):\(position)"
        }
        #expect(places == ["own:3:36", "etc/../seed/shop.yaml:9:13", "etc/../seed/shop.yaml:14:45"])
    }
}
