import TapNetwork
import TapTesting
import Taproom
import Testing

@testable import TapWeb

/// Connections that begin with the word of a proxy.
@Suite(.timeLimit(.minutes(2)))
struct ProxyHeaderTests {
    private static let line = "PROXY TCP4 192.0.2.1 198.51.100.2 1234 443\r\n"
    private static let ask = "GET /about HTTP/1.1\r\nHost: test\r\n\r\n"

    private func servingTold<Result>(
        change: (inout WebSettings) -> Void = { _ in }, _ body: (RunningService) async throws -> Result
    ) async throws -> Result {
        try await servingOwn { settings in
            settings.proxyProtocol.from = OneOrMore([Network("127.0.0.0/8")].compactMap { $0 })
            change(&settings)
        } _: {
            try await body($0)
        }
    }

    @Test func takesTheClientsAddressFromIt() async throws {
        try await servingTold { service in
            for header in [
                Array(Self.line.utf8),
                [
                    13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10, 0x21, 0x11, 0, 12, 192, 0, 2, 1, 0, 0, 0, 0,
                    0, 0, 0, 0,
                ],
            ] {
                let connection = try service.connect()
                try await connection.send(header + Array(Self.ask.utf8))
                #expect(try await connection.response().text == "test http 192.0.2.1 -")
                // It stands once, in front of everything.
                #expect(try await connection.request("/about").text == "test http 192.0.2.1 -")
            }
            let own = try service.connect()
            try await own.send("PROXY UNKNOWN\r\n" + Self.ask)
            #expect(try await own.response().text == "test http 127.0.0.1 -")
        }
    }

    @Test func takesItByteByByte() async throws {
        try await servingTold { service in
            let connection = try service.connect()
            for byte in (Self.line + Self.ask).utf8 { try await connection.send([byte]) }
            #expect(try await connection.response().text == "test http 192.0.2.1 -")
        }
    }

    @Test(arguments: [
        "GET /about HTTP/1.1\r\nHost: test\r\n\r\n", "PROXY TCP4 1.2.3.4\r\n", "\u{16}\u{3}\u{1}\0", "\r\n\r\n",
        "PROXY TCP4 192.0.2.1", "",
    ])
    func closesWhatDoesNotBeginWithIt(bytes: String) async throws {
        try await servingTold(change: { $0.limits.request = TimeSpan(milliseconds: 100) }) { service in
            let connection = try service.connect()
            try await connection.send(bytes)
            #expect(try await connection.receiveAll().isEmpty)
        }
    }

    @Test func believesNobodyElse() async throws {
        try await servingOwn { settings in
            settings.proxyProtocol.from = OneOrMore([Network("192.0.2.0/24")].compactMap { $0 })
        } _: { service in
            let plain = try service.connect()
            #expect(try await plain.request("/about").text == "test http 127.0.0.1 -")
            let lying = try service.connect()
            try await lying.send(Self.line + Self.ask)
            #expect(try await lying.response().status == 400)
        }
    }

    @Test func rulesCountForTheToldAddress() async throws {
        try await servingTold(change: { settings in
            settings.deny = OneOrMore([Network("192.0.2.0/24")].compactMap { $0 })
        }) { service in
            let denied = try service.connect()
            try await denied.send(Self.line + Self.ask)
            #expect(try await denied.response().status == 403)
            let allowed = try service.connect()
            try await allowed.send("PROXY TCP4 203.0.113.9 198.51.100.2 1234 443\r\n" + Self.ask)
            #expect(try await allowed.response().text == "test http 203.0.113.9 -")
        }
    }

    @Test func countsForUnixSocketsWhereItIsSet() async throws {
        let folder = try TemporaryFolder()
        try await servingTold(change: { settings in
            settings.listen = [Endpoint(.unix(path: folder["site.sock"], mode: nil))]
            settings.proxyProtocol.unix = true
            settings.allow = OneOrMore([Network("192.0.2.1")].compactMap { $0 })
        }) { service in
            let connection = try service.connect()
            try await connection.send(Self.line + Self.ask)
            #expect(try await connection.response().text == "test http 192.0.2.1 -")
            let other = try service.connect()
            try await other.send("PROXY TCP4 192.0.2.2 198.51.100.2 1234 443\r\n" + Self.ask)
            #expect(try await other.response().status == 403)
        }
    }

    @Test func standsBeforeTLS() async throws {
        let folder = try TemporaryFolder()
        try folder.write(
            """
            import socket, ssl, sys
            raw = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
            raw.sendall(b"PROXY TCP6 2001:db8::7 ::1 1 443\\r\\n")
            context = ssl._create_unverified_context()
            context.set_alpn_protocols([sys.argv[2]])
            tls = context.wrap_socket(raw, server_hostname="localhost")
            assert tls.selected_alpn_protocol() == sys.argv[2]
            if sys.argv[2] == "http/1.1":
                tls.sendall(b"GET /about HTTP/1.1\\r\\nHost: test\\r\\nConnection: close\\r\\n\\r\\n")
                while data := tls.recv(4096): sys.stdout.write(data.decode())
            """, to: "ask.py")
        try await servingTold(change: { settings in
            settings.listen = [Endpoint(.tcp(port: 0, interface: nil), tls: Endpoint.TLS())]
            settings.tls.internal = true
        }) { service in
            guard case .tcp(_, let port) = service.addresses[0] else { return }
            for version in ["http/1.1", "h2"] {
                let outcome = try await Program.run("python3", [folder["ask.py"], "\(port)", version], in: folder.path)
                #expect(outcome.status == 0, "\(outcome.errors)")
                if version != "h2" { #expect(outcome.output.hasSuffix("test https 2001:db8::7 -")) }
            }
        }
    }

    @Test func endsAtOnceWithTheService() async throws {
        let connection = try await servingTold(change: { $0.limits.request = TimeSpan(seconds: 600) }) { service in
            let connection = try service.connect()
            try await connection.send("PROXY TCP4 ")
            // The service has seen this one when it has answered a later one.
            let other = try service.connect()
            try await other.send(Self.line + Self.ask)
            _ = try await other.response()
            return connection
        }
        #expect(try await connection.receiveAll().isEmpty)
    }
}
