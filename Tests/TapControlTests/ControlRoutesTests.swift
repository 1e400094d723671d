import TapConfig
@testable import TapControl
import TapData
import TapFile
import Taproom
import Testing

@Suite struct ControlRoutesTests {
    private func ask(
        _ application: RestingApplication, _ method: String, _ path: String, _ query: [String: String] = [:],
        body: Datum = .null,
        ifMatch: String? = nil
    ) async -> ControlResponse {
        let path = path.split(separator: "/").map(String.init)
        return await ControlRoutes(application).respond(
            to: ControlRequest(
                method: method, path: path, query: query, body: body, ifMatch: ifMatch, asker: Asker(name: "bob")))
    }

    @Test(arguments: [
        "status", "application", "contents", "revisions", "revisions/2", "diff", "verify", "snapshots", "services",
        "services/web",
    ])
    func answersWithTheActiveRevision(route: String) async throws {
        try await withApplication { application, _ in
            let query = route == "diff" ? ["from": "1"] : [:]
            let answer = await ask(application, "GET", "/v1/" + route, query)
            #expect((answer.status, answer.revision, answer.allowed) == (200, 2, []))
        }
    }

    @Test(arguments: [
        "", "/", "/v1", "/v2/status", "/v1/nothing", "/status", "/v1/status/more", "/v1/revisions/1/more",
        "/v1/stop/now",
    ])
    func unknownPlacesAreNotFound(path: String) async throws {
        try await withApplication { application, _ in
            let answer = await ask(application, "GET", path)
            #expect(answer.status == 404)
            #expect(answer.json?.object?["title"] == .string("Not Found"))
        }
    }

    @Test(arguments: [
        ("DELETE", "/v1/status", ["GET", "HEAD", "OPTIONS"]), ("GET", "/v1/rollback", ["POST", "OPTIONS"]),
        ("PUT", "/v1/services", ["GET", "HEAD", "POST", "OPTIONS"]), ("GET", "/v1/stop", ["POST", "OPTIONS"]),
        ("POST", "/v1/revisions", ["GET", "HEAD", "OPTIONS"]),
        ("DELETE", "/v1/snapshots", ["GET", "HEAD", "POST", "OPTIONS"]),
        ("GET", "/v1/services/web/restart", ["POST", "OPTIONS"]),
        ("POST", "/v1/services/web", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"]),
    ])
    func wrongMethodsNameTheRightOnes(method: String, path: String, allowed: [String]) async throws {
        try await withApplication { application, _ in
            let answer = await ask(application, method, path)
            #expect((answer.status, answer.allowed) == (405, allowed))
        }
    }

    @Test(arguments: [
        ("\"2\"", 201), ("2", 201), ("*", 201), ("\"1\"", 412), ("\"\"", 412), ("x", 412), ("W/\"2\"", 412),
        ("\"1\", \"2\"", 201), ("\"7\",W/\"2\"", 412),
    ])
    func changesHappenOnlyAtTheRevisionTheAskerKnows(ifMatch: String, status: Int) async throws {
        try await withApplication { application, _ in
            let answer = await ask(application, "POST", "/v1/snapshots", ifMatch: ifMatch)
            #expect(answer.status == status)
            try await #expect(application.revision() == (status == 201 ? 3 : 2))
        }
    }

    @Test func aProblemSaysHowAProgramShouldEnd() async throws {
        try await withApplication { application, _ in
            let answer = await ask(application, "POST", "/v1/snapshots", ifMatch: "\"1\"")
            #expect(
                JSONWriter.line(answer.json ?? .null) == #"""
                    {"title":"Precondition Failed","status":412,"detail":"the application is at revision 2 now, and not at 1","advice":"Look at it again, and ask again.","exitStatus":75}
                    """#)
            #expect(answer.revision == 2)
        }
    }

    @Test(arguments: [
        ("snapshots", Datum.object(["nmae": .string("a")]), "the body: nmae is not known here. Did you mean \"name\"?"),
        ("prune", .object(["keep": .integer(-5)]), "the body: keep must be 1 or more, but is -5"),
        ("snapshots", .array([]), "the body: must be a group of keys, but is a list"),
        ("snapshots", .object(["name": .integer(5)]), "the body: name must be text, but is 5"),
        ("snapshots", .object(["name": .string("5")]), "a name must not be a number, which would be a revision"),
        (
            "rollback", .object(["settings": .string("yes")]),
            "the body: settings must be true or false, but is text \"yes\""
        ),
    ])
    func wrongBodiesAreNamed(route: String, body: Datum, detail: String) async throws {
        try await withApplication { application, _ in
            let answer = await ask(application, "POST", "/v1/" + route, body: body)
            #expect(answer.status == 400)
            #expect(answer.json?.object?["detail"] == .string(detail))
            try await #expect(application.revision() == 2)
        }
    }

    @Test func aDifferenceNeedsItsBeginning() async throws {
        try await withApplication { application, _ in
            let answer = await ask(application, "GET", "/v1/diff")
            #expect((answer.status, answer.json?.object?["detail"]) == (400, .string("the query needs from=")))
            let differences = await ask(application, "GET", "/v1/diff", ["from": "1", "to": "2"])
            #expect(
                JSONWriter.line(differences.json ?? .null).hasPrefix(
                    #"[{"path":"web.greeting","from":"Hello","to":"Bye"}"#))
        }
    }

    @Test func makesSnapshotsAndGoesBackToThem() async throws {
        try await withApplication { application, _ in
            let made = await ask(
                application, "POST", "/v1/snapshots",
                body: .object(["name": .string("here"), "comment": .string("why")]))
            #expect((made.status, made.json, made.revision) == (201, .object(["revision": .integer(3)]), 3))
            let back = await ask(
                application, "POST", "/v1/rollback", body: .object(["point": .string("1"), "state": .bool(false)]))
            #expect(back.json == .object(["revision": .integer(4)]))
            let nothing = await ask(application, "POST", "/v1/rollback", body: .object(["point": .string("4")]))
            #expect(nothing.json == .object(["revision": .null]))
            let last = try #require(try await application.history().first { $0.snapshot == "here" })
            #expect((last.author, last.origin, last.comment) == ("bob", "socket", "why"))
        }
    }

    @Test func whatIsWrongWithAChangeIsNamedWithItsPlace() async throws {
        try await withApplication { application, _ in
            let unknown = await ask(application, "PATCH", "/v1/services/web", body: .object(["greetign": .string("a")]))
            #expect(unknown.status == 422)
            #expect(unknown.json?.object?["pointer"] == .string("/web/greetign"))
            let body = Datum.object(["name": .string("a")])
            let missing = await ask(application, "POST", "/v1/services", body: body)
            #expect(missing.json?.object?["detail"] == .string("the key \"kind\" is missing. Allowed: greeter, group"))
            let text = "taproom: 1\nname: site\nservices:\n  - kind: greeter\n    greetign: a\n"
            let description = Datum.object(["text": .string(text), "file": .string("/srv/site.yaml")])
            let plan = await ask(application, "POST", "/v1/plan", body: .object(["description": description]))
            #expect(
                (plan.status, plan.json?.object?["line"], plan.json?.object?["column"]) == (
                    422, .integer(5), .integer(5)
                ))
            try await #expect(application.revision() == 2)
        }
    }

    @Test func changesAServiceInEveryWay() async throws {
        try await withApplication { application, _ in
            let route = "/v1/services/web"
            let patched = await ask(application, "PATCH", route, body: .object(["greeting": .string("Ciao")]))
            #expect((patched.status, patched.json?.object?["revision"], patched.revision) == (200, .integer(3), 3))
            let put = await ask(application, "PUT", route, body: .object(["kind": .string("greeter")]))
            #expect((put.status, put.revision) == (200, 4))
            #expect(await ask(application, "POST", route + "/disable").revision == 5)
            #expect(await ask(application, "POST", route + "/disable").json?.object?["revision"] == .null)
            #expect(await ask(application, "POST", route + "/enable").revision == 6)
            #expect(await ask(application, "POST", route + "/restart").status == 503)
            #expect(await ask(application, "DELETE", route).revision == 7)
            #expect(await ask(application, "GET", route).status == 404)
            #expect(await ask(application, "DELETE", route).status == 422)
        }
    }

    @Test func addsAService() async throws {
        try await withApplication { application, _ in
            let body = Description.datumWithoutName(of: greeter("web", "Hi"))
            let answer = await ask(application, "POST", "/v1/services", body: body)
            #expect((answer.status, answer.location) == (201, "/v1/services/greeter"))
            #expect(answer.json?.object?["name"] == .string("greeter"))
            #expect(answer.json?.object?["revision"] == .integer(3))
            let added = await ask(application, "GET", "/v1/services/greeter.greeting")
            #expect(added.json == .string("Hi"))
        }
    }

    @Test func anApplicationAtRestIsNotStopped() async throws {
        try await withApplication { application, _ in
            let answer = await ask(application, "POST", "/v1/stop")
            #expect((answer.status, answer.json?.object?["exitStatus"]) == (503, .integer(69)))
        }
    }

    @Test(arguments: [("revisions/99", 404), ("services/wbe", 404), ("contents", 404), ("application", 404)])
    func whatIsNotThereIsNotFound(route: String, status: Int) async throws {
        try await withApplication { application, _ in
            let query = route.hasPrefix("revisions") ? [:] : ["at": "nowhere"]
            #expect(await ask(application, "GET", "/v1/" + route, query).status == status)
        }
    }

    @Test func aTapThatIsGoneIsAProblemToo() async throws {
        let answer = await ask(RestingApplication(path: "/nowhere/a.tap", kinds: kinds), "GET", "/v1/status")
        #expect((answer.status, answer.revision) == (404, nil))
        #expect(answer.json?.object?["detail"] == .string("/nowhere/a.tap: there is no such tap"))
    }
}
