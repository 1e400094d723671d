import Logging
import TapNetwork
import TapTesting
import Taproom
import Testing

@testable import TapWeb

@Suite(.timeLimit(.minutes(2)))
struct OwnRouteTests {
    @Test func isAGoodKind() throws { try KindConformance.check(OwnKind.self) }

    @Test(
        arguments: [
            ("/hello/Ada", 200, "<p>Hello, Ada!</p>"), ("/hello/%3Cb%3E%26", 200, "<p>Hello, &lt;b&gt;&amp;!</p>"),
            ("/hello/world", 200, "the world"), ("/hello/world/", 200, "the world"),
            ("/hello/./w%6frld", 200, "the world"),
            ("/x/../hello//world", 200, "the world"), ("/hello/%C3%A4", 200, "<p>Hello, ä!</p>"),
            ("/rest", 200, " /rest - GET"),
            ("/rest/a%20b/c?q=1%202&q=3", 200, "a b/c /rest/a b/c 1 2 GET"), ("/number/41", 200, "42"),
            ("/hello/%FF", 400, nil), ("/number/x", 404, nil), ("/hello", 404, nil), ("/hello/a/b", 404, nil),
            ("/number/99999999999999999999", 404, nil), ("/hello/a%2Fb", 400, nil), ("/hello/%", 400, nil),
            ("/../hello/world", 400, nil), ("/bad/throw", 500, nil), ("/bad/status", 500, nil),
            ("/bad/field?v=a%0d%0aSet-Cookie:x", 500, nil), ("/away?to=/a%0d%0ab:c", 500, nil),
            ("/nothing", 204, ""),
        ] as [(String, Int, String?)])
    func answersByPath(target: String, status: Int, text: String?) async throws {
        try await servingOwn { service in
            let connection = try service.connect()
            let response = try await connection.request(target)
            #expect(response.status == status)
            if let text { #expect(response.text == text) }
            #expect(response["Set-Cookie"] == nil)
            // The connection goes on.
            let next = try await connection.request("/hello/world")
            #expect(next.text == "the world")
        }
    }

    @Test func knowsMethods() async throws {
        try await servingOwn { service in
            let connection = try service.connect()
            let head = try await connection.request("/hello/world", method: "HEAD")
            #expect(head.status == 200)
            #expect(head["Content-Length"] == "9")
            let posted = try await connection.request("/hello/world", method: "POST")
            #expect(posted.text == "posted")
            let wrong = try await connection.request("/hello/Ada", method: "DELETE")
            #expect(wrong.status == 405)
            #expect(wrong["Allow"] == "GET, HEAD, OPTIONS")
            let options = try await connection.request("/hello/world", method: "OPTIONS")
            #expect(options.status == 204)
            #expect(options["Allow"] == "GET, HEAD, OPTIONS, POST")
            let stream = try await connection.request("/stream/5", method: "HEAD")
            #expect(stream.status == 200)
            let endless = try await connection.request("/stream/endless/none", method: "HEAD")
            #expect(endless.status == 200)
        }
    }

    @Test func tellsOfTheRequestAndSetsFields() async throws {
        try await servingOwn { service in
            let connection = try service.connect()
            let about = try await connection.request("/about", "X-Mine: 1", "x-mine: 2")
            #expect(about.text == "test http 127.0.0.1 1, 2")
            let hello = try await connection.request("/hello/Ada")
            #expect(hello["X-Who"] == "me")
            #expect(hello["Server"] == "test")
            #expect(hello["X-Content-Type-Options"] == "nosniff")
            let away = try await connection.request("/away?to=/else")
            #expect(away.status == 307)
            #expect(away["Location"] == "/else")
            let failure = try await connection.request("/bad/failure")
            #expect(failure.status == 409)
            #expect(failure.text.contains("<p>Not &lt;now&gt;.</p>"))
        }
    }

    @Test func standsBesideWhatTheSettingsSay() async throws {
        let folder = try sampleFolder()
        try folder.write("gone", to: "gone.html")
        try folder.write("not this", to: "hello/world")
        try await servingOwn(folder) { settings in
            settings.headers = ["X-All": "1"]
            settings.errorPages = ["404": LocalPath(folder["gone.html"]), "500": LocalPath(folder["gone.html"])]
            var (closed, moved, files) = (WebRoute(), WebRoute(), WebRoute())
            (closed.path, closed.deny) = ("/number", OneOrMore([Network("127.0.0.1")].compactMap { $0 }))
            (moved.path, moved.redirect) = ("/rest/old", "/rest/new")
            (files.path, files.static) = ("/hello", folder.local)
            settings.routes = [closed, moved, files]
        } _: { service in
            let connection = try service.connect()
            for (target, status, text) in [
                ("/hello.txt", 200, "hello"), ("/", 200, "<h1>home</h1>"), ("/none", 404, "gone"),
                ("/bad/throw", 500, "gone"),
                ("/number/1", 403, nil), ("/rest/old", 308, nil), ("/rest/older", 200, "older /rest/older - GET"),
                ("/hello/hello.txt", 200, "hello"), ("/hello/Ada", 404, "gone"),
            ] as [(String, Int, String?)] {
                let response = try await connection.request(target)
                #expect(response.status == status, "\(target)")
                if let text { #expect(response.text == text, "\(target)") }
                #expect(response["X-All"] == "1", "\(target)")
            }
        }
    }

    @Test func sendsFilesOfAFolderAndNothingElse() async throws {
        let folder = try sampleFolder()
        try folder.write(String(repeating: "0123456789", count: 30_000), to: "big.bin")
        try await servingOwn(folder) { service in
            let connection = try service.connect()
            let whole = try await connection.request("/file/big.bin")
            #expect(whole.body.count == 300_000)
            #expect(whole["X-File"] == "1")
            let part = try await connection.request("/file/big.bin", "Range: bytes=100005-100007")
            #expect(part.status == 206)
            #expect(part.text == "567")
            let same = try await connection.request("/file/big.bin", "If-None-Match: \(whole["ETag"] ?? "")")
            #expect(same.status == 304)
            let head = try await connection.request("/file/big.bin", method: "HEAD")
            #expect(head["Content-Length"] == "300000")
            let text = try await connection.request("/file/sub/a%20b.txt")
            #expect(text.text == "spaced")
            #expect(text["Content-Type"]?.hasPrefix("text/plain") == true)
            for name in ["none", "sub", "", "/etc/passwd", "sub//x", "%00"] {
                let response = try await connection.request("/file/\(name)")
                #expect([400, 404].contains(response.status), "\(name)")
            }
        }
    }

    @Test(arguments: [
        ("Origin: https://evil.example", 403), ("Origin: http://test", 200), ("Origin: null", 403),
        ("Sec-Fetch-Site: cross-site", 403), ("Sec-Fetch-Site: same-site", 403), ("Sec-Fetch-Site: same-origin", 200),
        ("X-Nothing: 1", 200),
    ])
    func refusesWhatPagesOfOthersSend(field: String, status: Int) async throws {
        try await servingOwn { service in
            let connection = try service.connect()
            let changing = try await connection.request("/hello/world", method: "POST", field)
            #expect(changing.status == status)
            let reading = try await connection.request("/hello/world", field)
            #expect(reading.status == 200)
        }
    }

    @Test func refusesRoutesThatAreNone() throws {
        func problem(_ fill: (inout WebRouter) -> Void) -> String? {
            var router = WebRouter()
            fill(&router)
            do throws(RouteError) {
                let pages = try? ErrorPages(WebSettings())
                guard let pages else { return "no pages" }
                _ = try OwnRoutes(router, errorPages: pages, logger: .init(label: "test"), tasks: HandlerTasks())
                return nil
            } catch {
                return error.description
            }
        }
        #expect(problem { $0.get("/a/{b}/c") { _ in .empty() } } == nil)
        #expect(
            problem { $0.get("a") { _ in .empty() } } == "the route GET \"a\" of the program must begin with /")
        for path in ["/{}", "/{a}/{a}", "/{a...}/b", "/a?b", "/{a", "/../b", "/a%20b"] {
            #expect(problem { $0.get(path) { _ in .empty() } } != nil, "\(path)")
        }
        #expect(problem { $0.on("GE T", "/") { _ in .empty() } } != nil)
        let twice = problem { router in
            router.get("/a/{b}") { _ in .empty() }
            router.get("/a/{c}") { _ in .empty() }
        }
        #expect(twice == "the route GET \"/a/{c}\" of the program is there twice")
    }
}
