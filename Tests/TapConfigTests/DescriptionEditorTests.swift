@testable import TapConfig
import TapData
import Taproom
import Testing

/// How single changes are written into a description.
@Suite struct DescriptionEditorTests {
    private func edited(_ text: String, _ change: (inout Application) -> Void) throws -> String {
        let fixture = DescriptionFixture(name: "site.yaml", text: text)
        var application = try fixture.application(of: text)
        change(&application)
        return try fixture.edited(to: application)
    }

    private func set(_ key: String, _ value: Datum?) -> (inout Application) -> Void {
        { application in
            application.services[0].settings[key] = value
            application.services[0].settings = SmallWeb.check(application.services[0].settings).canonical
        }
    }

    private func service(_ name: String) -> ServiceDefinition {
        ServiceDefinition(name: name, kind: "web", settings: ["listen": .string("tcp:80")])
    }

    private static let commented = """
        # The site.
        taproom: 1
        name: site       # its name

        services:
        # the public one
        - name: web      # for all
          kind: web
          listen: 'tcp:80'   # its port
          # who is greeted
          greeting: "Hello"  # all
        # the inner one
        - name: api
          kind: web

        # end

        """

    private func expect(_ changed: String, instead original: String, in text: String, _ edit: String) {
        #expect(text.replacing(original, with: changed) == edit)
    }

    @Test func aValueIsReplacedInItsQuotesBeforeItsComment() throws {
        let text = Self.commented
        expect(
            "'tcp:81'   # its port", instead: "'tcp:80'   # its port", in: text,
            try edited(text, set("listen", .string("tcp:81"))))
        expect(
            "\"it's\"  # all", instead: "\"Hello\"  # all", in: text, try edited(text, set("greeting", .string("it's")))
        )
        expect("name: town       #", instead: "name: site       #", in: text, try edited(text) { $0.name = "town" })
    }

    @Test func aKeyIsAddedBehindTheOneBeforeItInTheSchema() throws {
        let text = Self.commented
        expect(
            "  kind: web\n  enabled: false\n  listen", instead: "  kind: web\n  listen", in: text,
            try edited(text) { $0.services[0].isEnabled = false })
        expect(
            "# its name\nuser: ada\n", instead: "# its name\n", in: text, try edited(text) { $0.user = "ada" })
    }

    @Test func aKeyIsRemovedWithItsLine() throws {
        let text = Self.commented
        expect(
            "", instead: "  greeting: \"Hello\"  # all\n", in: text, try edited(text, set("greeting", nil)))
    }

    @Test func aServiceIsAddedLikeItsNeighbours() throws {
        let text = Self.commented
        expect(
            "- name: api\n  kind: web\n- name: new\n  kind: web\n  listen: tcp:80\n",
            instead: "- name: api\n  kind: web\n", in: text, try edited(text) { $0.services.append(service("new")) })
    }

    @Test func aServiceIsMovedWithItsComments() throws {
        let text = Self.commented
        let (start, end) = (text.firstRange(of: "# the inner")?.lowerBound, text.firstRange(of: "\n# end")?.lowerBound)
        guard let start, let end else { return }
        let moved = String(text[start..<end])
        let expected = text.replacing(moved, with: "").replacing("# the public one", with: moved + "# the public one")
        #expect(try edited(text) { $0.services.reverse() } == expected)
    }

    @Test func aServiceIsRemovedWithItsComments() throws {
        let text = Self.commented
        expect(
            "", instead: "# the inner one\n- name: api\n  kind: web\n", in: text,
            try edited(text) { $0.services.remove(at: 1) })
    }

    @Test func aRenamedServiceKeepsItsLines() throws {
        let text = Self.commented
        expect(
            "- name: www      # for", instead: "- name: web      # for", in: text,
            try edited(text) { $0.services[0].name = "www" })
    }

    @Test func whatMeansTheSameIsNotTouched() throws {
        let text = """
            taproom: 1
            services:
            - {kind: web, enabled: true, restart: {policy: never}, static: ../sites/./www, listen: [tcp:80], limits: {wait: 60s}}
            """
        #expect(try edited(text) { $0.services[0].restart = RestartPolicy() } == text)
        expect(
            "www, greeting: Hi, listen", instead: "www, listen", in: text,
            try edited(text, set("greeting", .string("Hi"))))
    }

    @Test func anAliasIsWrittenOutWhereItsValueChanges() throws {
        let text = """
            taproom: 1
            services:
            - name: one
              kind: web
              limits: &few {body: 5}   # few
            - name: two
              kind: web
              limits: *few   # as few

            """
        let limits = Datum.object(["body": .integer(6), "wait": .string("30s"), "ratio": .number(1.5)])
        expect(
            "limits: {body: 6}   # as few", instead: "limits: *few   # as few", in: text,
            try edited(text) { $0.services[1].settings["limits"] = limits })
        #expect(
            try edited(text, set("limits", limits))
                == text.replacing("&few {body: 5}", with: "&few {body: 6}").replacing("*few", with: "{body: 5}"))
    }

    @Test func blockTextStaysBlockText() throws {
        let text =
            "taproom: 1\nservices:\n- kind: web\n  greeting: |   # long\n      Good\n      day\n  listing: true\n"
        expect(
            "greeting: |\n      Good\n\n      night\n", instead: "greeting: |   # long\n      Good\n      day\n",
            in: text,
            try edited(text, set("greeting", .string("Good\n\nnight\n"))))
    }

    @Test func aTextThatCannotBeReadIsNotEdited() {
        let fixture = DescriptionFixture(name: "site.yaml", text: "taproom: [")
        #expect(throws: DescriptionError.self) { try fixture.edited(to: Application(name: "site")) }
    }

    @Test func whatNoDescriptionCanSayIsAnErrorThatSaysWhatToDo() {
        let fixture = DescriptionFixture(name: "site.yaml", text: "taproom: 1\nservices: []\n")
        let error = #expect(throws: DescriptionEditError.self) { try fixture.edited(to: Application(name: "a b")) }
        #expect(
            error?.description.hasPrefix(
                "site.yaml: the file can't be edited in place: the changed text could not be read: ")
                == true)
        #expect(error?.advice?.contains("tapctl export") == true)
    }
}
