import TapTesting
import Taproom
import Testing

@testable import TapWeb

@Suite(.timeLimit(.minutes(2)))
struct RouteTests {
    private func route(_ path: String, _ change: (inout WebRoute) -> Void) -> WebRoute {
        var route = WebRoute()
        route.path = path
        change(&route)
        return route
    }

    @Test func servesSeveralTreesAtPaths() async throws {
        let other = try TemporaryFolder()
        try other.write("<p>other</p>", to: "index.html")
        try other.write("deep", to: "a/b/c.txt")
        try await serving(try sampleFolder()) { settings in
            settings.routes = [
                route("/other") { $0.static = other.local },
                route("/one/file") { $0.static = LocalPath(other["a/b/c.txt"]) },
                route("/sub") { $0.listing = true },
            ]
        } _: { service in
            let connection = try service.connect()
            for (target, status, text) in [
                ("/other/", 200, "<p>other</p>"), ("/other/a/b/c.txt", 200, "deep"),
                ("/other/a/../a/b/c.txt", 200, "deep"),
                ("/%6fther/a/b/c.txt", 200, "deep"), ("//other//a/b/c.txt", 200, "deep"), ("/one/file", 200, "deep"),
                ("/hello.txt", 200, "hello"), ("/other/hello.txt", 404, nil), ("/others", 404, nil),
                ("/one/file/x", 404, nil), ("/one", 404, nil),
            ] as [(String, Int, String?)] {
                let response = try await connection.request(target)
                #expect(response.status == status, "\(target)")
                if let text { #expect(response.text == text, "\(target)") }
            }
            let slash = try await connection.request("/other")
            #expect(slash.status == 301)
            #expect(slash["Location"] == "/other/")
            let again = try await connection.request("/other/a/b/c.txt")
            #expect(again.text == "deep")
        }
    }

    @Test func redirectsAndRewritesAsData() async throws {
        try await serving(try sampleFolder()) { settings in
            settings.routes = [
                route("/old") { ($0.redirect, $0.status) = ("/new{rest}{query}", 301) },
                route("/away") { $0.redirect = "https://example.com{path}{query}" },
                route("/open") { $0.redirect = "{rest}" },
                route("/app") { $0.rewrite = "/hello.txt" },
                route("/loop") { $0.rewrite = "/loop/more" },
            ]
        } _: { service in
            let connection = try service.connect()
            for (target, status, location) in [
                ("/old/x/y?z=1", 301, "/new/x/y?z=1"), ("/old", 301, "/new"),
                ("/away/a%20b?c", 308, "https://example.com/away/a%20b?c"),
                ("/open//example.com/", 308, "/example.com/"), ("/open", 308, "/"),
            ] {
                let response = try await connection.request(target)
                #expect(response.status == status, "\(target)")
                #expect(response["Location"] == location, "\(target)")
            }
            let rewritten = try await connection.request("/app/some/where?x")
            #expect(rewritten.text == "hello")
            let loop = try await connection.request("/loop")
            #expect(loop.status == 500)
        }
    }

    @Test func answersByHost() async throws {
        let (first, second) = (try TemporaryFolder(), try TemporaryFolder())
        try first.write("first", to: "index.html")
        try second.write("second", to: "index.html")
        try await serving(try sampleFolder()) { settings in
            var (one, two, three) = (WebHost(), WebHost(), WebHost())
            (one.name, one.static) = (["one.example", "ONE.example.org"], first.local)
            (two.name, two.static) = (["*.example"], second.local)
            (three.name, three.redirect) = (["www.one.example"], "http://one.example{path}")
            settings.hosts = [one, two, three]
        } _: { service in
            for (host, text) in [
                ("one.example", "first"), ("One.Example:80", "first"), ("one.example.", "first"),
                ("one.example.org", "first"),
                ("two.example", "second"), ("a.b.example", "second"), ("example", "<h1>home</h1>"),
                ("other", "<h1>home</h1>"),
                ("[::1]:8080", "<h1>home</h1>"),
            ] {
                let connection = try service.connect()
                try await connection.send("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n")
                let response = try await connection.response()
                #expect(response.text == text, "\(host)")
            }
            let connection = try service.connect()
            try await connection.send("GET /x HTTP/1.1\r\nHost: www.one.example\r\n\r\n")
            let response = try await connection.response()
            #expect(response["Location"] == "http://one.example/x")
        }
    }

    @Test func addsFieldsAndCaching() async throws {
        try await serving(try sampleFolder()) { settings in
            settings.headers = ["X-Frame-Options": "DENY", "X-All": "1"]
            settings.cache = ["*.txt": "max-age=60", "*": "no-cache", "/sub/*": "private"]
            settings.routes = [route("/sub") { $0.headers = ["x-all": "2"] }]
        } _: { service in
            let connection = try service.connect()
            for (target, caching, all) in [
                ("/hello.txt", "max-age=60", "1"), ("/digits.bin", "no-cache", "1"), ("/sub/a%20b.txt", "private", "2"),
                ("/none", nil, "1"),
            ] as [(String, String?, String)] {
                let response = try await connection.request(target)
                #expect(response["Cache-Control"] == caching, "\(target)")
                #expect(response["X-All"] == all, "\(target)")
                #expect(response["X-Frame-Options"] == "DENY")
            }
            let tag = try await connection.request("/hello.txt")["ETag"] ?? ""
            let unchanged = try await connection.request("/hello.txt", "If-None-Match: \(tag)")
            #expect(unchanged.status == 304)
            #expect(unchanged["Cache-Control"] == "max-age=60")
        }
    }

    @Test func findsWhatNamesLeaveOutAndFallsBack() async throws {
        let folder = try sampleFolder()
        try folder.write("page", to: "page.html")
        try folder.write("gone", to: "404.html")
        try await serving(folder) { settings in
            settings.extensions = ["html"]
            settings.errorPages = ["404": LocalPath(folder["404.html"])]
            settings.routes = [route("/sub") { $0.fallback = "hello.txt" }]
        } _: { service in
            let connection = try service.connect()
            for (target, status, text) in [
                ("/page", 200, "page"), ("/page.html", 200, "page"), ("/page/", 404, "gone"), ("/none", 404, "gone"),
                ("/sub/any/thing", 200, "hello"), ("/sub/", 200, "inner"),
            ] {
                let response = try await connection.request(target)
                #expect(response.status == status, "\(target)")
                #expect(response.text == text, "\(target)")
            }
        }
    }

    @Test func listsFoldersAsJSON() async throws {
        try await serving(try sampleFolder(), change: { $0.listing = true }) { service in
            let connection = try service.connect()
            let json = try await connection.request("/sub/../empty/", "Accept: application/json")
            #expect(json["Content-Type"] == "application/json")
            #expect(json["Vary"] == "Accept")
            #expect(json.text == "[]\n")
            let page = try await connection.request("/empty/", "Accept: text/html, application/json")
            #expect(page.text.hasPrefix("<!doctype html>"))
        }
    }

    @Test(arguments: [
        ("/a/*.css", "/a/b/c.css", true), ("/a/*.css", "/b/c.css", false), ("*", "", true), ("*.css", ".css", true),
        ("a*a", "a", false), ("a*b*c", "aXbYc", true), ("a*b*c", "acb", false), ("/exact", "/exact", true),
        ("/exact", "/exactly", false), ("**", "x", true),
    ])
    func patterns(pattern: String, path: String, fits: Bool) {
        #expect(PathPattern(pattern).matches(Array(path.utf8)) == fits)
    }

    @Test func saysWhatIsWrongWithRoutes() {
        var settings = WebSettings()
        settings.routes = [
            route("api") { _ in }, route("/a") { ($0.static, $0.redirect) = (LocalPath("/tmp"), "/b") },
            route("/b") { ($0.redirect, $0.status) = ("/c", 200) },
            route("/c") { $0.headers = ["Content-Length": "1"] },
            route("/d") { $0.headers = ["X": "a\r\nb"] }, route("/e") { $0.redirect = "/{nonsense}" },
        ]
        settings.hosts = [WebHost()]
        settings.listen = OneOrMore([Endpoint(.tcp(port: 443, interface: nil), tls: Endpoint.TLS())])
        let keys = settings.problems().map(\.key)
        #expect(
            keys == [
                "listen", "routes.0.path", "routes.1.redirect", "routes.2.status", "routes.3.headers.Content-Length",
                "routes.4.headers.X", "routes.5.redirect", "hosts.0.name",
            ])
    }
}
