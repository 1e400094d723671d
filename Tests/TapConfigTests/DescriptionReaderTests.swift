import TapConfig
import TapData
import Taproom
import TapTesting
import Testing

private let kinds = KindList([Greeter.self])

private func read(_ text: String, file: String = "site.yaml", folder: String? = nil) throws -> Application {
    try DescriptionReader.read(text, file: file, folder: folder, kinds: kinds)
}

/// The errors of a description, a line each.
private func errors(_ text: String, file: String = "site.yaml") -> String? {
    do throws(DescriptionError) {
        _ = try DescriptionReader.read(text, file: file, folder: nil, kinds: kinds)
        return nil
    } catch {
        return error.description
    }
}

@Suite struct DescriptionReaderTests {
    private var full: Application {
        var restart = RestartPolicy()
        (restart.policy, restart.atMost, restart.within) = (.always, 2, TimeSpan(seconds: 10))
        let web = ServiceDefinition(
            name: "web", kind: "greeter", isEnabled: false, restart: restart,
            settings: [
                "listen": .array([.string("tcp:80"), .string("unix:/run/a.sock:mode=660")]),
                "greeting": .string("Grüß Gott"),
                "folder": .string("/srv/www"), "limits": .object(["clients": .integer(5), "wait": .string("30s")]),
            ])
        let plain = ServiceDefinition(name: "greeter", kind: "greeter", settings: ["listen": .string("tcp:7000")])
        return Application(name: "site", user: "www-data", group: "33", services: [web, plain])
    }

    @Test func readsYAML() throws {
        let text = """
            taproom: 1
            name: site
            user: www-data
            group: 33        # a number is taken too
            services:
            - name: web
              kind: greeter
              enabled: false
              restart: {policy: always, within: 10s, atMost: 2}
              limits: {clients: 5}
              folder: www
              greeting: Grüß Gott
              listen: [tcp:80, "unix:/run/a.sock:mode=660"]
            - kind: greeter
            """
        #expect(try read(text, folder: "/srv") == full)
    }

    @Test func readsJSON() throws {
        let text = """
            {"taproom": 1, "name": "site", "user": "www-data", "group": "33", "services": [
              {"name": "web", "kind": "greeter", "enabled": false,
               "restart": {"policy": "always", "within": "10s", "atMost": 2}, "limits": {"clients": 5},
               "folder": "/srv/www", "greeting": "Grüß Gott", "listen": ["tcp:80", "unix:/run/a.sock:mode=660"]},
              {"kind": "greeter"}]}
            """
        #expect(try read(text) == full)
    }

    @Test(
        arguments: [("site.yaml", "site"), ("/srv/my-site.tap.yml", nil), ("/a.b/web", "web"), ("a/x.json", "x")]
            as [(String, String?)])
    func anApplicationWithoutANameIsCalledLikeItsFile(file: String, name: String?) {
        #expect((try? read("taproom: 1\nservices: []", file: file))?.name == name)
    }

    @Test(arguments: ["services: []", "services:", "services: ~"])
    func anApplicationMayHaveNoServices(services: String) throws {
        #expect(try read("taproom: 1\n\(services)\n") == Application(name: "site"))
    }

    @Test(arguments: [
        ("", "site.yaml:1:1: a description is a group of keys that begins with \"taproom: 1\""),
        ("# nothing\n", "site.yaml:1:1: a description is a group of keys that begins with \"taproom: 1\""),
        ("- a", "site.yaml:1:1: a description is a group of keys that begins with \"taproom: 1\""),
        ("services: []", "site.yaml:1:1: the key \"taproom\" is missing: a description begins with \"taproom: 1\""),
        ("taproom: 2\nservices: []", "site.yaml:1:10: taproom must be 1, the format this program knows, but is 2"),
        ("taproom: 1", "site.yaml:1:1: services is missing: a list of services"),
        ("taproom: 1\nservices: 5", "site.yaml:2:11: services must be a list, but is a whole number"),
        (
            "taproom: 1\nservcies: []\nservices: []",
            "site.yaml:2:1: servcies is not known here. Did you mean \"services\"?"
        ),
        (
            "taproom: 1\nname: a b\nservices: []",
            "site.yaml:2:7: name must be 1 to 64 letters, digits, hyphens and underscores, not beginning with a hyphen, but is \"a b\""
        ),
        ("taproom: 1\nname: 5\nservices: []", "site.yaml:2:7: name must be text, but is a whole number"),
        ("taproom: 1\nuser: [a]\nservices: []", "site.yaml:2:7: user must be text, but is a list"),
        ("taproom: 1\nuser: -1\nservices: []", "site.yaml:2:7: user must be text, but is a whole number"),
    ])
    func saysWhatIsWrongWithTheApplication(text: String, expected: String) { #expect(errors(text) == expected) }

    @Test(
        arguments: [
            ("- 5", "4:3: services[0] must be a group of keys, but is a whole number"),
            ("- name: web", "4:3: services[0] the key \"kind\" is missing. Allowed: greeter, group"),
            ("- kind:", "4:3: services[0] the key \"kind\" is missing. Allowed: greeter, group"),
            ("- kind: 5", "4:9: services[0].kind must be text, but is a whole number"),
            ("- kind: greter", "4:9: services[0].kind no kind is called \"greter\". Did you mean \"greeter\"?"),
            (
                "- {kind: greeter, lisetn: tcp:80}",
                "4:19: services[0].lisetn is not known here. Did you mean \"listen\"?"
            ),
            (
                "- {kind: greeter, listen: 80}",
                "4:27: services[0].listen must be an endpoint, but is 80. Did you mean \"tcp:80\"?"
            ),
            (
                "- {kind: greeter, listen: [tcp:80, tpc:81]}",
                "4:36: services[0].listen[1] is no endpoint: \"tpc:81\". \"tpc\" is no way to listen. Did you mean \"tcp\"?"
            ),
            ("- {kind: greeter, greeting: yes}", nil),
            ("- {kind: greeter, greeting: true}", "4:29: services[0].greeting must be text, but is true"),
            ("- {kind: greeter, greeting: }", "4:29: services[0].greeting must be text, but is nothing"),
            (
                "- {kind: greeter, limits: {clients: 0}}",
                "4:37: services[0].limits.clients must be from 1 to 1000, but is 0"
            ),
            (
                "- {kind: greeter, limits: {wait: 5}}",
                "4:34: services[0].limits.wait must be a number with ms, s, m, h or d, but is 5. Did you mean \"5s\"?"
            ),
            (
                "- {kind: greeter, limits: {clinets: 5}}",
                "4:28: services[0].limits.clinets is not known here. Did you mean \"clients\"?"
            ),
            ("- {kind: greeter, enabled: yes}", "4:28: services[0].enabled must be true or false, but is \"yes\""),
            (
                "- {kind: greeter, restart: always}",
                "4:28: services[0].restart must be a group of keys, but is text \"always\""
            ),
            (
                "- {kind: greeter, restart: {policy: alway}}",
                "4:37: services[0].restart.policy is unknown: \"alway\". Did you mean \"always\"?"
            ),
            (
                "- {kind: greeter, restart: {atMots: 1}}",
                "4:29: services[0].restart.atMots is not known here. Did you mean \"atMost\"?"
            ),
            (
                "- {kind: greeter, services: []}",
                "4:19: services[0].services has no place in a service of the kind \"greeter\""
            ),
            (
                "- {kind: greeter, state: 1}",
                "4:19: services[0].state has no place in a service of the kind \"greeter\""
            ),
            (
                "- {kind: greeter, name: -a}",
                "4:25: services[0].name must be 1 to 64 letters, digits, hyphens and underscores, not beginning with a hyphen, but is \"-a\""
            ),
            (
                "- kind: greeter\n- kind: greeter",
                "5:3: services[1] there are two services \"greeter\" here; give one of them another name"
            ),
            (
                "- kind: greeter\n- {kind: greeter, name: greeter}",
                "5:25: services[1] there are two services \"greeter\" here; give one of them another name"
            ),
        ] as [(String, String?)])
    func saysWhatIsWrongWithAService(service: String, expected: String?) {
        #expect(errors("taproom: 1\nname: site\nservices:\n\(service)\n") == expected.map { "site.yaml:" + $0 })
    }

    @Test func tellsEverythingAtOnceInTheOrderOfTheText() {
        let text = """
            taproom: 7
            nmae: a
            services:
            - {kind: web}
            - kind: greeter
              limits: {clients: many}
              greeting: 5
            """
        #expect(
            errors(text) == """
                site.yaml:1:10: taproom must be 1, the format this program knows, but is 7
                site.yaml:2:1: nmae is not known here. Did you mean "name"?
                site.yaml:4:10: services[0].kind no kind is called "web". Allowed: greeter, group.
                site.yaml:6:21: services[1].limits.clients must be a whole number, but is text "many"
                site.yaml:7:13: services[1].greeting must be text, but is 5
                """)
    }

    @Test(arguments: [
        (
            "taproom: 1\nname: [a",
            "site.yaml:2:7: the bracket that is opened here is not closed: a comma or ] is expected"
        ),
        ("taproom: 1\n\tname: a", "site.yaml:2:1: a tab can't indent; use spaces"),
        ("taproom: 1\nname: *x", "site.yaml:2:7: nothing above has the anchor &x"),
        (
            "taproom: &one 1\nname: *on",
            "site.yaml:2:7: nothing above has the anchor &on. Did you mean \"one\"?"
        ),
        (
            "taproom: 1\nservices: &all [*all]",
            "site.yaml:2:17: the alias *all stands inside of the value it stands for; write the value out"
        ),
        (
            "taproom: 1\nservices:\n- &a {kind: greeter}\n- <<: *a",
            "site.yaml:4:3: merge keys (<<) are not used here; write the keys out, or use an alias for all of a value"
        ),
        (
            "taproom: 1\nname: a\nuser www\ngroup: b",
            "site.yaml:3:1: a colon and a space are expected after the key that begins here"
        ),
        ("name a\ntaproom: 1", "site.yaml:1:1: a colon and a space are expected after the key"),
        (
            "taproom: 1\nname: a\n  user: b",
            "site.yaml:3:7: a colon has no place here: is the line indented too much, or a text with a colon not in quotes?"
        ),
        ("taproom: 1\nname: 'a\nuser: b", "site.yaml:2:7: the quotes that are opened here are not closed"),
        (
            "taproom: 1\nservices:\n  kind: greeter\n- kind: greeter",
            "site.yaml:3:3: a list is expected here: a dash and a space before its first item"
        ),
        (
            "taproom: 1\nservices: 5\n- kind: greeter",
            "site.yaml:2:1: this has a value already; the lines below it can't be its value too"
        ),
        ("taproom: 1\nname: @a", "site.yaml:2:7: text that begins with this character is written in quotes"),
        ("{\"taproom\": 1\n \"name\": \"a\"}", "site.yaml:1:14: a comma or } is expected"),
        ("{\"taproom\": 1,\n}", "site.yaml:1:14: a comma stands before the } that follows"),
        ("taproom: 1\nname: !!str a", "site.yaml:2:7: tags are not used here; leave it out"),
        ("taproom: 1\n--- \nname: a", "site.yaml:2:1: a second document begins; only one is read"),
        ("taproom: 1\ntaproom: 1", "site.yaml:2:1: the key \"taproom\" stands twice"),
        ("taproom: 1\n[a]: b", "site.yaml:2:1: a key must be text"),
        ("\"é\": \"a\\q\"", "site.yaml:1:8: this is no escape of YAML; in double quotes a backslash is written \\\\"),
        ("taproom: 1\nname: \"a\u{1}\"", "site.yaml:2:9: control characters are not allowed"),
        (
            "{\"taproom\": 1,\n \"é\": x}",
            "site.yaml:2:7: a value is expected: text in double quotes, a number, true, false, null, [ or {"
        ),
    ])
    func saysWhereTheTextCannotBeRead(text: String, expected: String) { #expect(errors(text) == expected) }

    @Test func refusesDeepNesting() {
        for text in [String(repeating: "[", count: 100_000), String(repeating: "- ", count: 100_000)] {
            #expect(errors(text)?.hasSuffix("values are nested more than 128 deep") == true)
        }
    }

    @Test func countsColumnsInCharacters() {
        #expect(
            errors("taproom: 1\nservices: [{kind: greeter, greeting: é😀, x: 1}]")
                == "site.yaml:2:42: services[0].x is not known here. Allowed: listen, greeting, folder, limits.")
    }
}
