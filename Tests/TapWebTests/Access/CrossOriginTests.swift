import TapTesting
import Taproom
import Testing

@testable import TapWeb

@Suite(.timeLimit(.minutes(2)))
struct CrossOriginTests {
    private static let app = "Origin: https://app.example.com"

    private func rules(_ change: (inout CrossOriginSettings) -> Void = { _ in }) -> CrossOriginSettings {
        var settings = CrossOriginSettings()
        settings.origins = ["https://app.example.com", "http://localhost:3000"]
        change(&settings)
        return settings
    }

    private func values(_ response: TestResponse, _ name: String) -> [String] {
        response.fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }

    @Test func answersBrowsersBeforeTheyHaveAPassword() async throws {
        let folder = try sampleFolder()
        try await serving(folder) { settings in
            settings.authenticate = try? adaOnly()
            settings.cors = rules {
                $0.methods = ["GET", "PUT"]
                $0.headers = ["Content-Type", "Authorization"]
                ($0.credentials, $0.maxAge) = (true, TimeSpan(seconds: 7200))
            }
        } _: { service in
            let connection = try service.connect()
            func ask(_ origin: String, _ more: String = "Access-Control-Request-Method: PUT") async throws
                -> TestResponse
            {
                try await connection.request("/hello.txt", method: "OPTIONS", origin, more)
            }
            let answer = try await ask(Self.app)
            #expect(answer.status == 204)
            #expect(values(answer, "Access-Control-Allow-Origin") == ["https://app.example.com"])
            #expect(values(answer, "Access-Control-Allow-Methods") == ["GET, PUT"])
            #expect(values(answer, "Access-Control-Allow-Headers") == ["Content-Type, Authorization"])
            #expect(values(answer, "Access-Control-Allow-Credentials") == ["true"])
            #expect(values(answer, "Access-Control-Max-Age") == ["7200"])
            #expect(values(answer, "Vary") == ["Origin"])
            for origin in [
                "Origin: https://evil.example", "Origin: null", "Origin: HTTPS://APP.EXAMPLE.COM", "Origin:",
            ] {
                let refusal = try await ask(origin)
                #expect(refusal.status == 204)
                #expect(refusal.fields.allSatisfy { !$0.name.hasPrefix("Access-Control") })
                #expect(values(refusal, "Vary") == ["Origin"])
            }
            // Without the method that is wanted it is a request like others.
            #expect(try await ask(Self.app, "X-A: b").status == 401)
            let both = try await ask(Self.app, "Origin: https://evil.example\r\nAccess-Control-Request-Method: PUT")
            #expect(both.status == 401)
        }
    }

    @Test func marksEveryKindOfAnswer() async throws {
        let folder = try sampleFolder()
        age(folder["hello.txt"])
        var moved = WebRoute()
        (moved.path, moved.redirect) = ("/moved", "/hello.txt")
        var door = WebRoute()
        (door.path, door.rewrite) = ("/door", "/hello.txt")
        var open = WebRoute()
        (open.path, open.cors) = ("/sub", rules { $0.origins = ["*"] })
        var none = WebRoute()
        (none.path, none.cors) = ("/digits.bin", CrossOriginSettings())
        try await serving(folder) { [moved, door, open, none] settings in
            settings.cors = rules { $0.exposes = ["ETag"] }
            settings.routes = [moved, door, open, none]
        } _: { service in
            let connection = try service.connect()
            for _ in 0..<2 {
                for (target, status) in [
                    ("/hello.txt", 200), ("/door", 200), ("/moved", 308), ("/none", 404),
                ] {
                    let answer = try await connection.request(target, Self.app)
                    #expect(answer.status == status)
                    #expect(values(answer, "Access-Control-Allow-Origin") == ["https://app.example.com"], "\(target)")
                    #expect(values(answer, "Access-Control-Expose-Headers") == ["ETag"])
                    #expect(values(answer, "Vary").last == "Origin")
                    for origin in ["X-A: b", "Origin: null", "Origin: https://evil.example"] {
                        let other = try await connection.request(target, origin)
                        #expect(values(other, "Access-Control-Allow-Origin") == [], "\(target)")
                        #expect(values(other, "Vary").last == "Origin")
                    }
                }
                for origin in ["X-A: b", "Origin: null", Self.app] {
                    let answer = try await connection.request("/sub/", origin)
                    #expect(values(answer, "Access-Control-Allow-Origin") == ["*"])
                    #expect(!values(answer, "Vary").contains("Origin"))
                }
                #expect(
                    values(try await connection.request("/digits.bin", Self.app), "Access-Control-Allow-Origin") == [])
                let part = try await connection.request("/hello.txt", Self.app, "Range: bytes=0-1")
                #expect(part.status == 206)
                #expect(values(part, "Access-Control-Allow-Origin").count == 1)
            }
            let put = try await connection.request("/hello.txt", method: "PUT", Self.app, "Content-Length: 0")
            #expect(put.status == 405)
            #expect(values(put, "Access-Control-Allow-Origin").count == 1)
        }
    }

    @Test func passwordsAndLimitsAreRefusedInAWayThatPagesCanRead() async throws {
        let folder = try sampleFolder()
        try await serving(folder) { settings in
            settings.cors = rules()
            settings.authenticate = try? adaOnly()
            settings.rate = RateSettings()
            settings.rate?.requests = RequestRate("3/h")
        } _: { service in
            let connection = try service.connect()
            for (password, status) in [("secret", 200), ("secret", 200), ("wrong", 401), ("secret", 429)] {
                let answer = try await connection.request("/hello.txt", Self.app, basic("ada", password))
                #expect(answer.status == status)
                #expect(values(answer, "Access-Control-Allow-Origin") == ["https://app.example.com"])
            }
        }
    }

    @Test func upstreamsHaveNoSayWhereTheRouteHas() async throws {
        try await withUpstream { peer in
            while try await peer.receive() != nil {
                try await peer.answer(
                    "ok", "Access-Control-Allow-Origin: *\r\nAccess-Control-Expose-Headers: X\r\nVary: Cookie\r\n")
            }
        } _: { upstream in
            var proxy = ProxySettings()
            proxy.to = .init([try #require(Upstream(upstream))])
            var settings = WebSettings()
            let routes = ["/theirs", "/ours"].map { path in
                var route = WebRoute()
                (route.path, route.proxy, route.cors) = (path, proxy, path == "/ours" ? rules() : nil)
                return route
            }
            settings.routes = routes
            try await withService(Web.self, settings: settings) { service in
                let connection = try service.connect()
                #expect(
                    values(try await connection.request("/theirs", Self.app), "Access-Control-Allow-Origin") == ["*"])
                let ours = try await connection.request("/ours", Self.app)
                #expect(values(ours, "Access-Control-Allow-Origin") == ["https://app.example.com"])
                #expect(values(ours, "Access-Control-Expose-Headers") == [])
                #expect(values(ours, "Vary") == ["Cookie", "Origin"])
                let other = try await connection.request("/ours", "Origin: https://evil.example")
                #expect(values(other, "Access-Control-Allow-Origin") == [])
            }
        }
    }

    @Test func refusesSettingsThatBrowsersWouldNotUnderstand() {
        func problems(_ change: (inout CrossOriginSettings) -> Void) -> [String] {
            var settings = WebSettings()
            settings.cors = rules(change)
            return settings.problems().map(\.key)
        }
        #expect(problems { _ in } == [])
        #expect(problems { $0.origins = ["*"] } == [])
        #expect(problems { ($0.origins, $0.credentials) = (["*"], true) } == ["cors.origins"])
        #expect(problems { ($0.headers, $0.credentials) = (["*"], true) } == ["cors.headers"])
        #expect(problems { $0.origins = ["*", "https://a.example"] } == ["cors.origins"])
        for origin in [
            "null", "", "a.example", "https://a.example/", "https://A.example", "https://a.example:443",
            "https://*.a.example",
            "://a", "https://", "https://a b", "https://a@b",
        ] {
            #expect(problems { $0.origins = [origin] } == ["cors.origins"], "\(origin)")
        }
        #expect(problems { $0.methods = ["GET, PUT"] } == ["cors.methods"])
        #expect(problems { $0.maxAge = TimeSpan(seconds: 100_000) } == ["cors.maxAge"])
    }
}
