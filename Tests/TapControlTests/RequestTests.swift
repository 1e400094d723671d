import NIOCore
import NIOHTTP1
@testable import TapControl
import TapData
import TapFile
import TapTesting
import Taproom
import Testing

/// Requests as they come over the wire.
@Suite struct RequestTests {
    private func ask(
        _ application: RestingApplication, _ method: HTTPMethod, _ target: String, _ fields: HTTPHeaders = [:],
        _ text: String = "", role: ControlRole = .own
    ) async -> ControlResponse {
        let head = HTTPRequestHead(version: .http1_1, method: method, uri: target, headers: fields)
        do throws(ControlError) {
            let request = try ControlRequest(
                head, body: ByteBuffer(string: text), asker: Asker(name: "bob", role: role))
            return await ControlRoutes(application).respond(to: request)
        } catch {
            return ControlResponse(problem: error)
        }
    }

    private func detail(_ answer: ControlResponse) -> String { answer.json?.object?["detail"]?.string ?? "" }

    @Test func unknownParametersAreRefusedByName() async throws {
        try await withApplication { application, _ in
            let near = await ask(application, .GET, "/v1/application?ta=1")
            #expect(near.status == 400)
            #expect(detail(near) == "the query has no \"ta\" here. Did you mean \"at\"?")
            let none = await ask(application, .GET, "/v1/status?at=1")
            #expect(detail(none) == "the query has no \"at\" here. There are none here.")
            #expect(await ask(application, .GET, "/v1/diff?from=1&from=2").status == 400)
            #expect(await ask(application, .GET, "/v1/diff?from=%zz").status == 400)
        }
    }

    @Test func brokenJSONHasAPlace() async throws {
        try await withApplication { application, _ in
            let answer = await ask(application, .PATCH, "/v1/services/web", [:], "{\n  \"greeting\": oops}")
            #expect(answer.status == 400)
            #expect((answer.json?.object?["line"], answer.json?.object?["column"]) == (.integer(2), .integer(15)))
        }
    }

    @Test(arguments: [
        (HTTPMethod.PATCH, "/v1/services/web", "application/merge-patch+json", 200),
        (.PATCH, "/v1/services/web", "application/json; charset=utf-8", 200),
        (.PATCH, "/v1/services/web", "application/yaml", 415), (.PUT, "/v1/services/web", "text/plain", 415),
        (.POST, "/v1/snapshots", "application/x-www-form-urlencoded", 415),
    ])
    func onlySomeTypesOfBodiesAreTaken(method: HTTPMethod, path: String, type: String, status: Int) async throws {
        try await withApplication { application, _ in
            let answer = await ask(application, method, path, ["content-type": type], #"{"greeting": "Ciao"}"#)
            #expect(answer.status == status)
            if status == 415 { #expect(detail(answer).hasPrefix("a body must be application/json")) }
        }
    }

    @Test(arguments: ["application/yaml", "text/yaml", "Application/YAML"])
    func descriptionsAreTakenAsTheyAre(type: String) async throws {
        try await withApplication { application, _ in
            let good =
                "# mine\ntaproom: 1\nname: site\nuser: ada\nservices:\n  - kind: greeter\n    name: web\n    listen: tcp:7000\n"
            let planned = await ask(application, .POST, "/v1/plan?onConflict=file", ["content-type": type], good)
            #expect(planned.status == 200)
            try await #expect(application.revision() == 2)
            let bad = good + "    greetign: a\n"
            for (method, path) in [(HTTPMethod.POST, "/v1/apply"), (.POST, "/v1/plan"), (.PUT, "/v1/application")] {
                let answer = await ask(application, method, path + "?file=/srv/site.yaml", ["content-type": type], bad)
                #expect((answer.status, answer.json?.object?["line"]) == (422, .integer(9)), "\(path)")
            }
            let put = await ask(application, .PUT, "/v1/application?comment=all", ["content-type": type], good)
            #expect((put.status, put.json?.object?["revision"]) == (200, .integer(3)))
            let web = await ask(application, .GET, "/v1/services/web")
            #expect(web.json?.object?["greeting"] != .string("Bye"))
            #expect(try await application.history().last?.comment == "all")
        }
    }

    @Test func jsonDescriptionsHavePlacesToo() async throws {
        try await withApplication { application, _ in
            let text =
                "{\"taproom\": 1, \"name\": \"site\", \"services\": [\n {\"kind\": \"greeter\",\n  \"lissten\": \"tcp:1\"}]}"
            let answer = await ask(application, .POST, "/v1/plan", ["content-type": "application/json"], text)
            #expect((answer.status, answer.json?.object?["line"]) == (422, .integer(3)))
        }
    }

    @Test func whoHasTheAnswerIsNotSentItAgain() async throws {
        try await withApplication { application, _ in
            for path in ["/v1/application", "/v1/services/web", "/v1/application?at=1"] {
                let same = await ask(application, .GET, path, ["if-none-match": "\"7\", W/\"2\""])
                #expect((same.status, same.json, same.revision) == (304, nil, 2))
                #expect(await ask(application, .GET, path, ["if-none-match": "\"1\""]).status == 200)
            }
            // These can change while the revision does not.
            for path in ["/v1/status", "/v1/revisions", "/v1/services/web.greeting"] {
                #expect(await ask(application, .GET, path, ["if-none-match": "\"2\""]).status == 200)
            }
        }
    }

    @Test func whoMayOnlyLookChangesNothing() async throws {
        try await withApplication { application, _ in
            #expect(await ask(application, .GET, "/v1/application", role: .read).status == 200)
            for path in ["/v1/snapshots", "/v1/plan", "/v1/save", "/v1/confirm"] {
                #expect(await ask(application, .POST, path, role: .read).status == 403)
            }
            #expect(await ask(application, .GET, "/v1/tokens", role: .write).status == 403)
            let refused = await ask(application, .DELETE, "/v1/services/web", role: .read)
            #expect(detail(refused) == "bob may not do this, which needs the role \"write\"")
            try await #expect(application.revision() == 2)
        }
    }

    @Test func saysWhatCanBeAskedFor() async throws {
        try await withApplication { application, _ in
            let answer = await ask(application, .OPTIONS, "/v1/snapshots")
            #expect((answer.status, answer.allowed) == (204, ["GET", "HEAD", "POST", "OPTIONS"]))
            let verb = await ask(application, .OPTIONS, "/v1/services/web/restart")
            #expect(verb.allowed == ["POST", "OPTIONS"])
            #expect(await ask(application, .HEAD, "/v1/application").status == 200)
            #expect(await ask(application, .OPTIONS, "/v1/nowhere").status == 404)
        }
    }

    @Test func servicesInGroupsHaveTwoPaths() throws {
        let path: RoutePath = "/v1/services/{name}"
        #expect(path.match(["v1", "services", "a", "b"]) == ["name": "a/b"])
        #expect(path.match(["v1", "services", "a/b"]) == ["name": "a/b"])
        #expect(path.match(["v1", "services"]) == nil)
        let verb: RoutePath = "/v1/services/{name}/restart"
        #expect(verb.match(["v1", "services", "a", "b", "restart"]) == ["name": "a/b"])
        #expect(verb.match(["v1", "services", "restart"]) == nil)
        #expect((RoutePath("/v1/revisions/{number}")).match(["v1", "revisions", "1", "more"]) == nil)
    }

    @Test func tokensAreMadeAndTakenBack() async throws {
        try await withApplication { application, path in
            let made = await ask(application, .POST, "/v1/tokens", [:], #"{"name": "ci", "role": "read"}"#)
            let text = try #require(made.json?.object?["token"]?.string)
            #expect(made.status == 201)
            #expect(text.utf8.count == 43)
            #expect(await ask(application, .POST, "/v1/tokens", [:], #"{"name": "ci", "role": "read"}"#).status == 409)
            #expect(await ask(application, .POST, "/v1/tokens", [:], #"{"name": "x y", "role": "read"}"#).status == 400)
            #expect(await ask(application, .POST, "/v1/tokens", [:], #"{"name": "x", "role": "own"}"#).status == 400)
            let list = await ask(application, .GET, "/v1/tokens")
            #expect(!JSONWriter.line(list.json ?? .null).contains(text))
            #expect(await ask(application, .DELETE, "/v1/tokens/ci").status == 200)
            #expect(await ask(application, .DELETE, "/v1/tokens/ci").status == 404)
            try await #expect(application.revision() == 2)
        }
    }

    @Test(arguments: [
        ("localhost", true), ("LOCALHOST:9000", true), ("127.0.0.1:9000", true), ("127.1.2.3", true),
        ("[::1]:9000", true), ("", false), ("example.com", false), ("127.0.0.1.example.com", false),
        ("localhost.example.com", false), ("10.0.0.1:9000", false), ("[::2]", false),
    ])
    func onlyNamesOfThisMachineAreAskedFor(host: String, isLoopback: Bool) {
        #expect(TokenAdmission.isLoopback(host) == isLoopback)
    }
}
