import Glibc
import TapSecrets
import TapTesting
import Taproom
import Testing

@testable import TapWeb

/// Basic authentication with clients on real sockets.
@Suite(.timeLimit(.minutes(2)))
struct AuthenticationServingTests {
    private func route(_ path: String, _ change: (inout WebRoute) -> Void) -> WebRoute {
        var route = WebRoute()
        route.path = path
        change(&route)
        return route
    }

    private func free() -> AuthenticationSettings {
        var settings = AuthenticationSettings()
        settings.required = false
        return settings
    }

    @Test func asksForANameAndAPassword() async throws {
        let folder = try sampleFolder()
        try folder.write("<p>who?", to: "pages/401.html")
        age(folder["hello.txt"])
        try await serving(folder) { settings in
            settings.authenticate = try? adaOnly()
            settings.authenticate?.realm = "staff"
            settings.errorPages = ["401": LocalPath(folder["pages/401.html"])]
        } _: { service in
            let connection = try service.connect()
            for _ in 0..<2 {
                for fields in [[], ["Authorization: x"], [basic("ada", "wrong")], [basic("bob", "secret")]] {
                    try await connection.send(
                        (["GET /hello.txt HTTP/1.1", "Host: a"] + fields + ["", ""]).joined(separator: "\r\n"))
                    let response = try await connection.response()
                    #expect(response.status == 401)
                    #expect(response["WWW-Authenticate"] == "Basic realm=\"staff\", charset=\"UTF-8\"")
                    #expect(response.text == "<p>who?")
                }
                #expect(try await connection.request("/none").status == 401)
                #expect(try await connection.request("/hello.txt", method: "HEAD").status == 401)
                #expect(try await connection.request("/hello.txt", method: "OPTIONS").status == 401)
                #expect(try await connection.request("/hello.txt", basic("ada", "secret")).text == "hello")
                #expect(
                    try await connection.request("/hello.txt", basic("ada", "secret"), "Range: bytes=1-2").text == "el")
                #expect(try await connection.request("/none", basic("ada", "secret")).status == 404)
            }
        }
    }

    @Test func isInheritedReplacedAndLifted() async throws {
        let folder = try sampleFolder()
        for name in ["digits.bin", "hello.txt"] { age(folder[name]) }
        try folder.write("bob:\(quickHash)", to: "bobs")
        try await serving(folder) { settings in
            settings.authenticate = try? adaOnly()
            settings.routes = [
                route("/sub") {
                    var bobs = AuthenticationSettings()
                    bobs.file = LocalPath(folder["bobs"])
                    $0.authenticate = bobs
                },
                route("/digits.bin") { $0.authenticate = free() },
                route("/door") { ($0.rewrite, $0.authenticate) = ("/sub/", nil) },
                route("/way") { ($0.rewrite, $0.authenticate) = ("/digits.bin", nil) },
            ]
        } _: { service in
            let connection = try service.connect()
            for _ in 0..<2 {
                for (target, ada, bob) in [
                    ("/hello.txt", 200, 401), ("/sub/", 401, 200), ("/%73ub//", 401, 200), ("/digits.bin", 200, 200),
                    ("/door", 401, 401), ("/way", 200, 401), ("/x/../sub/", 401, 200),
                ] {
                    #expect(try await connection.request(target, basic("ada", "secret")).status == ada, "\(target)")
                    #expect(try await connection.request(target, basic("bob", "secret")).status == bob, "\(target)")
                }
                #expect(try await connection.request("/digits.bin").status == 200)
                #expect(try await connection.request("/way").status == 401)
            }
        }
    }

    @Test func answersWhatWasAskedTogetherInItsOrder() async throws {
        let folder = try sampleFolder()
        try await serving(folder) {
            $0.authenticate = try? adaOnly()
        } _: { service in
            let connection = try service.connect()
            let users = ["ada", "bob", "ada", "cy"]
            try await connection.send(
                users.map { "GET /hello.txt HTTP/1.1\r\nHost: a\r\n\(basic($0, "secret"))\r\n\r\n" }.joined())
            try await connection.finishSending()
            for user in users {
                #expect(try await connection.response().status == (user == "ada" ? 200 : 401))
            }
        }
    }

    @Test func takesNoBodyBeforeItKnowsWhoSends() async throws {
        let folder = try sampleFolder()
        try folder.writeProgram(
            "printf 'Content-Type: text/plain\\n\\n'; echo \"$AUTH_TYPE $REMOTE_USER $HTTP_AUTHORIZATION\"; cat",
            to: "cgi/echo")
        try await serving(folder) { settings in
            var programs = CGISettings()
            (programs.folder, programs.authorization) = (LocalPath(folder["cgi"]), true)
            settings.routes = [route("/cgi") { ($0.cgi, $0.authenticate) = (programs, try? adaOnly()) }]
        } _: { service in
            let body = String(repeating: "0123456789abcdef", count: 50_000)
            func head(_ password: String, _ more: String = "") -> String {
                "POST /cgi/echo HTTP/1.1\r\nHost: a\r\n\(basic("ada", password))\r\nContent-Length: 800000\r\n\(more)\r\n"
            }
            let connection = try service.connect()
            try await connection.send(head("secret") + body)
            #expect(try await connection.response().text == "Basic ada \n" + body)
            try await connection.send(head("wrong") + body)
            #expect(try await connection.response().status == 401)
            #expect(try await connection.request("/cgi/echo").status == 401)
            // Who waits to be told to go on is told no, and who may is told to.
            try await connection.send(head("other", "Expect: 100-continue\r\n"))
            let refusal = try await connection.receive(through: "\r\n\r\n")
            #expect(refusal.hasPrefix("HTTP/1.1 401 "))
            let other = try service.connect()
            try await other.send(head("secret", "Expect: 100-continue\r\n"))
            _ = try await other.receive(through: "HTTP/1.1 100 Continue\r\n\r\n")
            try await other.send(body)
            #expect(try await other.response().text == "Basic ada \n" + body)
        }
    }

    @Test func upstreamsGetThePasswordOnlyWhereNobodyHereAsksForIt() async throws {
        try await withUpstream { peer in
            while let head = try await peer.receive() {
                try await peer.answer(head.lowercased().contains("authorization: basic ywrh") ? "password" : "nothing")
            }
        } _: { upstream in
            var proxy = ProxySettings()
            proxy.to = .init([try #require(Upstream(upstream))])
            let folder = try sampleFolder()
            try await serving(folder) { settings in
                settings.routes = [
                    route("/open") { $0.proxy = proxy },
                    route("/closed") { ($0.proxy, $0.authenticate) = (proxy, try? adaOnly()) },
                ]
            } _: { service in
                let connection = try service.connect()
                #expect(try await connection.request("/open", basic("ada", "secret")).text == "password")
                #expect(try await connection.request("/closed", basic("ada", "secret"), "X-A: b").text == "nothing")
                #expect(try await connection.request("/closed").status == 401)
            }
        }
    }

    @Test(arguments: ["--http1.1", "--http2"])
    func curlIsLetInOverBothVersions(version: String) async throws {
        let folder = try sampleFolder()
        try folder.writeProgram("printf 'Content-Type: text/plain\\n\\n'; cat | wc -c", to: "cgi/count")
        try folder.write((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0) }, to: "big")
        try await serving(folder) { settings in
            settings.listen = [Endpoint(.tcp(port: 0, interface: "127.0.0.1"), tls: Endpoint.TLS())]
            settings.tls.internal = true
            settings.authenticate = try? adaOnly()
            var programs = CGISettings()
            programs.folder = LocalPath(folder["cgi"])
            settings.routes = [route("/cgi") { $0.cgi = programs }]
        } _: { service in
            let url = "https://localhost:\(try service.port())"
            func curl(_ words: String...) async throws -> String {
                let usual = ["-sSk", "--max-time", "100", version, "-w", " %{http_code}"]
                return try await Program.run("curl", usual + words, in: folder.path).output
            }
            // Nobody has asked with it yet, so that the body comes while it is checked.
            #expect(try await curl("-u", "ada:secret", "--data-binary", "@big", "\(url)/cgi/count") == "3000000\n 200")
            #expect(try await curl("-u", "ada:secret", "\(url)/hello.txt") == "hello 200")
            #expect(try await curl("-o", "/dev/null", "-u", "ada:wrong", "\(url)/hello.txt") == " 401")
            #expect(try await curl("-o", "/dev/null", "\(url)/hello.txt") == " 401")
            #expect(
                try await curl("-u", "bob:x", "--data-binary", "@big", "-o", "/dev/null", "\(url)/cgi/count").hasSuffix(
                    " 401"))
            #expect(
                try await curl("--parallel", "-o", "/dev/null", "-u", "ada:secret", "\(url)/hello.txt?[1-50]")
                    == String(repeating: " 200", count: 50))
        }
    }

    @Test func aFileThatCannotBeUsedIsAMistakeOfTheSettings() async throws {
        let folder = try sampleFolder()
        try folder.write("ada:secret\n", to: "users")
        for (name, problem) in [
            ("users", "line 1: the password of \"ada\" is in plain text"), ("none", "no such file"),
        ] {
            let error = await #expect(throws: PasswordFileError.self) {
                try await serving(folder) { settings in
                    var authentication = AuthenticationSettings()
                    authentication.file = LocalPath(folder[name])
                    settings.authenticate = authentication
                } _: { _ in
                }
            }
            #expect(error?.description.contains(problem) == true)
        }
    }
}
