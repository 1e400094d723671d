import TapConfig
@testable import TapControl
import TapData
import TapFile
import Taproom
import Testing

/// Services that descriptions rename with `was`, and requests that are no descriptions.
@Suite struct RenamingTests {
    private func ask(
        _ application: RestingApplication, _ method: String, _ path: String, _ query: [String: String] = [:],
        yaml: String? = nil, json: String? = nil
    ) async throws -> ControlResponse {
        let body = try json.map { try JSONReader.read($0).datum } ?? .null
        var request = ControlRequest(
            method: method, path: path.split(separator: "/").map(String.init), query: query, body: body,
            asker: Asker(name: "bob"))
        if let yaml { (request.text, request.mediaType) = (yaml, "application/yaml") }
        return await ControlRoutes(application).respond(to: request)
    }

    private func count(_ service: String, _ application: RestingApplication) async throws -> Datum {
        try await application.contents(of: "\(service).state.count", at: nil)
    }

    private func identities(_ path: String) throws -> [String: Int64] {
        let tap = try Tap(opening: path, for: .reading)
        let identities = try tap.identities()
        try tap.close()
        return identities
    }

    private static let renamed = """
        taproom: 1
        name: site
        services:
          - {name: front, was: web, kind: greeter, greeting: Hi}

        """

    @Test func aDescriptionThatReplacesAllRenamesAService() async throws {
        try await withApplication { application, path in
            let first = try await ask(application, "PUT", "/v1/application", yaml: RenamingTests.renamed)
            #expect((first.status, first.revision) == (200, 3))
            try #expect(identities(path) == ["front": 1])
            try await #expect(count("front", application) == .integer(7))
            // The hint stands in the file for ever, and has nothing left to say.
            let again = try await ask(application, "PUT", "/v1/application", yaml: RenamingTests.renamed)
            #expect((again.status, again.json?.object?["revision"]) == (200, .null))
            let changed = RenamingTests.renamed.replacing("Hi", with: "Ho")
            #expect(try await ask(application, "PUT", "/v1/application", yaml: changed).revision == 4)
            try #expect(identities(path) == ["front": 1])
            try await #expect(count("front", application) == .integer(7))
            // Nor does it bring back a name that another has taken meanwhile.
            let both = changed + "  - {name: web, kind: greeter}\n"
            #expect(try await ask(application, "PUT", "/v1/application", yaml: both).revision == 5)
            try #expect(identities(path) == ["front": 1, "web": 2])
        }
    }

    @Test func aDescriptionAsDataRenamesToo() async throws {
        try await withApplication { application, path in
            let json = #"{"taproom":1,"name":"site","services":[{"name":"front","was":"web","kind":"greeter"}]}"#
            for revision in [Datum.integer(3), .null] {
                let answer = try await ask(application, "PUT", "/v1/application", json: json)
                #expect((answer.status, answer.json?.object?["revision"]) == (200, revision))
                try #expect(identities(path) == ["front": 1])
                try await #expect(count("front", application) == .integer(7))
            }
        }
    }

    @Test func aServiceThatWasRenamedBeforeIsFollowed() async throws {
        try await withApplication { application, path in
            let description =
                #"{"taproom":1,"name":"site","services":[{"name":"front","was":"middle","kind":"greeter"}]}"#
            let edits = #"[{"set":"web.name","value":"middle"},{"replace":"","with":\#(description)}]"#
            let answer = try await ask(application, "POST", "/v1/apply", json: #"{"edits":\#(edits)}"#)
            #expect(answer.status == 200, "\(answer.json ?? .null)")
            try #expect(identities(path) == ["front": 1])
            try await #expect(count("front", application) == .integer(7))
        }
    }

    private static let was = #"{"kind":"greeter","was":"old"}"#

    @Test(arguments: [
        ("PATCH", "/v1/services/web", was, "web.was"), ("PUT", "/v1/services/web", was, "web.was"),
        ("POST", "/v1/apply", #"{"edits":[{"set":"web.was","value":"old"}]}"#, "web.was"),
        ("PUT", "/v1/services/new", was, ".was"), ("POST", "/v1/services", was, ".was"),
    ])
    func whatIsNoDescriptionIsToldHowToRename(
        method: String, route: String, json: String, place: String
    ) async throws {
        try await withApplication { application, path in
            let answer = try await ask(application, method, route, json: json)
            #expect(answer.status == 422)
            #expect(
                answer.json?.object?["detail"]
                    == .string("\(place): is for descriptions; set the name to rename a service"))
            try await #expect(application.revision() == 2)
            try #expect(identities(path) == ["web": 1])
        }
    }

    @Test func aPatchThatTakesItAwayIsFine() async throws {
        try await withApplication { application, _ in
            let answer = try await ask(application, "PATCH", "/v1/services/web", json: #"{"was":null}"#)
            #expect((answer.status, answer.json?.object?["revision"]) == (200, .null))
        }
    }

    @Test(arguments: [
        ("0s", "confirm must be 1ms or more, but is 0s"), ("0ms", "confirm must be 1ms or more, but is 0s"),
        ("-5m", "confirm must be a duration such as 10m, but is \"-5m\""),
        ("5", "confirm must be a duration such as 10m, but is \"5\""),
    ])
    func aChangeIsNotConfirmedBeforeItIsMade(confirm: String, problem: String) async throws {
        try await withApplication { application, _ in
            let answer = try await ask(
                application, "PUT", "/v1/application", ["confirm": confirm], yaml: RenamingTests.renamed)
            #expect((answer.status, answer.json?.object?["detail"]) == (400, .string(problem)))
            try await #expect(application.revision() == 2)
            try await #expect(application.status().unconfirmed == nil)
            let json = #"{"edits":[{"set":"web.greeting","value":"Hi"}],"confirm":"\#(confirm)"}"#
            #expect(try await ask(application, "POST", "/v1/apply", json: json).status == 400)
            try await #expect(application.revision() == 2)
        }
    }
}
