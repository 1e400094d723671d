import NIOCore
import NIOHPACK
import Taproom
import Testing

@testable import TapWeb

struct ProxyPartsTests {
    // MARK: Upstreams

    @Test func readsUpstreams() throws {
        let plain = try #require(Upstream("http://app.example:8000"))
        #expect(plain.address == .tcp(host: "app.example", port: 8000))
        #expect(!plain.isSecure && plain.path == "" && plain.authority == "app.example:8000")
        let secure = try #require(Upstream("https://[2001:db8::1]/base/"))
        #expect(secure.address == .tcp(host: "2001:db8::1", port: 443))
        #expect(secure.isSecure && secure.path == "/base/" && secure.authority == "[2001:db8::1]")
        #expect(Upstream("unix:/run/app.sock")?.address == .unix(path: "/run/app.sock"))
    }

    @Test(arguments: [
        "", "app:80", "ftp://a", "http://", "http://:80", "http://a:", "http://a:0", "http://a:65536", "http://a:+1",
        "http://a b", "http://u@a", "http://a/?q", "http://a/#f", "http://a/ b", "http://[::1", "http://[a]x", "unix:",
        "unix:run/a", "http://a\r\nx",
    ])
    func refusesOtherUpstreams(_ text: String) { #expect(Upstream(text) == nil) }

    @Test func findsProblemsInSettings() throws {
        var settings = ProxySettings()
        #expect(settings.problems().map(\.key) == ["to"])
        settings.to = .init([try #require(Upstream("http://a"))])
        #expect(settings.problems().isEmpty)
        settings.retries = -1
        #expect(settings.problems("routes.0.proxy.").map(\.key) == ["routes.0.proxy.retries"])
        settings.headers = ["Connection": "x", "a b": "x", "X-A": "a\r\nb", "X-Good": "", "Host": "a"]
        settings.health.path = "health"
        settings.certificateAuthority = LocalPath("/ca")
        settings.verify = false
        #expect(
            settings.problems().map(\.key)
                == ["health.path", "certificateAuthority", "headers.Connection", "headers.X-A", "headers"])
    }

    // MARK: Targets

    private func target(_ target: String, prefix: String, _ upstream: String) throws -> String? {
        let request = try #require(self.request("GET \(target) HTTP/1.1\r\nHost: a"))
        return UpstreamTarget.text(
            request, at: MatchedPath(target, prefix: prefix), try #require(Upstream(upstream)))
    }

    @Test func putsThePathOfTheUpstreamInPlaceOfThePrefix() throws {
        #expect(try target("/api/x?q=1", prefix: "/api", "http://a") == "/api/x?q=1")
        #expect(try target("/api/x?q=1", prefix: "/api", "http://a/") == "/x?q=1")
        #expect(try target("/api/x", prefix: "/api", "http://a/v1/") == "/v1/x")
        #expect(try target("/api/x", prefix: "/api", "http://a/v1") == "/v1/x")
        #expect(try target("/api?q", prefix: "/api", "http://a/v1") == "/v1?q")
        #expect(try target("/api/%2F", prefix: "/api", "http://a/v1") == "/v1/%2F")
        #expect(try target("/..x/...", prefix: "", "http://a") == "/..x/...")
        #expect(try target("*", prefix: "", "http://a/v1") == "*")
    }

    @Test(arguments: ["/api/..", "/api/../x", "/api/%2e%2E/x", "/api/..%2fx", "/api/.%2e%5cx", "/api/..\\x"])
    func refusesPathsThatClimb(_ path: String) throws {
        #expect(try target(path, prefix: "/api", "http://a/v1") == nil)
        #expect(try target(path, prefix: "", "http://a") == nil)
    }

    // MARK: Fields

    private func request(_ head: String, ip: String = "192.0.2.7") -> Request? {
        let client = Client(address: try? SocketAddress(ipAddress: ip, port: 1), isSecure: false, port: 80)
        var parser = RequestParser(client: client, limit: 1 << 16)
        parser.add(ByteBuffer(string: head + "\r\n\r\n"))
        guard case .head(let request)? = parser.next() else { return nil }
        return request
    }

    private func forwarded(
        _ head: String, ip: String = "192.0.2.7", keepsAlive: Bool = true,
        _ change: (inout ProxySettings) -> Void = { _ in }
    ) throws -> [String] {
        var settings = ProxySettings()
        change(&settings)
        let request = try #require(self.request(head, ip: ip))
        let bytes = UpstreamRequestHead(settings).bytes(
            request, target: "/", to: try #require(Upstream("http://up:81")), framing: RequestFraming(request),
            mayUpgrade: UpstreamRequestHead.mayUpgrade(request), keepsAlive: keepsAlive)
        return String(buffer: bytes).split(separator: "\r\n", omittingEmptySubsequences: false).map { String($0) }
    }

    @Test func writesTheHeadOfARequest() throws {
        let lines = try forwarded(
            """
            GET / HTTP/1.1\r
            Host: site.example:8080\r
            Connection: keep-alive, X-Private\r
            X-Private: 1\r
            Keep-Alive: 5\r
            TE: trailers\r
            Proxy-Authorization: x\r
            Proxy-Connection: x\r
            Cookie: a=b\r
            Expect: 100-continue\r
            X-Forwarded-For: 10.0.0.1\r
            Forwarded: for=10.0.0.1\r
            Upgrade: h2c\r
            Content-Length: 3
            """)
        #expect(
            lines == [
                "GET / HTTP/1.1", "Host: site.example:8080", "Cookie: a=b", "X-Forwarded-For: 192.0.2.7",
                "X-Forwarded-Proto: http", "X-Forwarded-Host: site.example:8080",
                "Forwarded: for=192.0.2.7;host=\"site.example:8080\";proto=http", "Via: 1.1 taproom",
                "Content-Length: 3", "", "",
            ])
    }

    @Test func quotesAddressesOfVersionSix() throws {
        let lines = try forwarded("GET / HTTP/1.1\r\nHost: a", ip: "2001:db8::1")
        #expect(lines.contains("Forwarded: for=\"[2001:db8::1]\";host=a;proto=http"))
        #expect(lines.contains("X-Forwarded-For: 2001:db8::1"))
    }

    @Test func setsAndRemovesFields() throws {
        let lines = try forwarded(
            "POST / HTTP/1.1\r\nHost: a\r\nCookie: x\r\nX-Set: client\r\nTransfer-Encoding: chunked", keepsAlive: false
        ) {
            $0.headers = ["cookie": "", "X-Set": "mine"]
            $0.host = .upstream
        }
        #expect(lines[1] == "Host: up:81")
        #expect(!lines.contains { $0.hasPrefix("Cookie") })
        #expect(lines.filter { $0.hasPrefix("X-Set") } == ["X-Set: mine"])
        #expect(lines.suffix(4) == ["Transfer-Encoding: chunked", "Connection: close", "", ""])
    }

    @Test func joinsTheCookiesOfNewerProtocols() throws {
        let client = Client(address: nil, isSecure: true, port: nil)
        let headers: HPACKHeaders = [
            ":method": "POST", ":path": "/", ":scheme": "https", ":authority": "site.example", "cookie": "a=b",
            "accept": "x",
        ]
        let more = HPACKHeaders(headers.map { ($0.name, $0.value) } + [("cookie", "c=d")])
        let request = try #require(Request(more, endsStream: false, client: client))
        let bytes = UpstreamRequestHead(ProxySettings()).bytes(
            request, target: "/", to: try #require(Upstream("http://up")), framing: RequestFraming(request),
            mayUpgrade: false, keepsAlive: true)
        #expect(
            String(buffer: bytes) == """
                POST / HTTP/1.1\r
                Host: site.example\r
                accept: x\r
                Cookie: a=b; c=d\r
                X-Forwarded-Proto: https\r
                X-Forwarded-Host: site.example\r
                Forwarded: for=unknown;host=site.example;proto=https\r
                Via: 2.0 taproom\r
                Transfer-Encoding: chunked\r
                \r

                """)
    }

    @Test func passesTheWishForAnotherProtocolOn() throws {
        let upgrade = try forwarded("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket")
        #expect(upgrade.contains("Upgrade: websocket") && upgrade.contains("Connection: Upgrade"))
        for name in ["h2c", "websocket, h2c", "HTTP/2.0", "TLS/1.0"] {
            let lines = try forwarded(
                "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: x\r\nUpgrade: \(name)"
            )
            #expect(!lines.contains { $0.hasPrefix("Upgrade") || $0.hasPrefix("Connection") || $0.hasPrefix("HTTP2") })
        }
    }

    // MARK: Time

    @Test func givesUpstreamsTheirTime() {
        var settings = ProxySettings()
        settings.answer = TimeSpan(seconds: 30)
        settings.idle = TimeSpan(seconds: 10)
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
        var clock = UpstreamClock(settings, now: start)
        #expect(clock.deadline == start + .seconds(5) && clock.failure == .connectTimeout)
        clock.note(.answering, now: start + .seconds(1))
        clock.note(.answering, now: start + .seconds(20))
        #expect(clock.deadline == start + .seconds(31))
        clock.note(.receiving, now: start + .seconds(30))
        clock.note(.receiving, now: start + .seconds(35))
        #expect(clock.deadline == start + .seconds(45))
        clock.note(.held, now: start + .seconds(36))
        #expect(clock.deadline == .distantFuture)
        clock.note(.idle, now: start + .seconds(40))
        #expect(clock.deadline == start + .seconds(70))
    }
}
