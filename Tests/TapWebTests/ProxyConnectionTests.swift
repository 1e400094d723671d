import Logging
import NIOCore
import NIOSSL
import TapNetwork
import TapTesting
import Taproom
import Testing

@testable import TapWeb

/// Connections to upstreams that are more than requests and answers in the clear.
@Suite(.timeLimit(.minutes(2)))
struct ProxyConnectionTests {
    private let upgrade = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket"

    @Test func tunnelsOtherProtocols() async throws {
        try await withUpstream { peer in
            let head = try #require(try await peer.receive())
            #expect(head.contains("Upgrade: websocket\r\n") && head.contains("Connection: Upgrade\r\n"))
            try await peer.send(
                "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-A: b\r\n\r\nhello ")
            let text = try #require(try await peer.receive(through: "!"))
            try await peer.send("you said \(text)")
            try await peer.waitForEnd()
            try await peer.send(" bye")
        } _: { upstream in
            let proxy = try await TestProxy.make(to: [upstream])
            let exchange = try await proxy.begin(upgrade)
            await exchange.wait { $0 == .upgraded(["Upgrade": "websocket", "X-A": "b"]) }
            try await exchange.on { $0.handler?.receive(ByteBuffer(string: "ping!")) }
            #expect(proxy.upstreams.active(0) == 1)
            try await exchange.on { $0.handler?.receiveEnd() }
            #expect(try await exchange.events() == [.finished])
            #expect(try await exchange.text == "hello you said ping! bye")
            #expect(proxy.upstreams.active(0) == 0)
            #expect(try await proxy.idle == 0)
        }
    }

    @Test func endsTunnelsThatAreSilent() async throws {
        try await withUpstream { peer in
            _ = try await peer.receive()
            try await peer.send("HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n")
            try await peer.waitForEnd()
        } _: { upstream in
            let proxy = try await TestProxy.make(to: [upstream]) { $0.idle = TimeSpan(milliseconds: 50) }
            let exchange = try await proxy.begin(upgrade)
            #expect(try await exchange.events() == [.upgraded(["Upgrade": "websocket"]), .finished])
        }
    }

    @Test func answersWhenNobodyUpgrades() async throws {
        try await withUpstream(answerEverything) { upstream in
            let proxy = try await TestProxy.make(to: [upstream])
            let exchange = try await proxy.begin(upgrade)
            #expect(try await exchange.events() == [.head(200, ["Content-Length": "3"]), .finished])
            #expect(try await proxy.get().body == "0.1")
        }
    }

    @Test(arguments: [
        (ProxyHeaderVersion.v1, "PROXY TCP4 192.0.2.7 0.0.0.0 4711 443\r\n"),
        (.v2, "\r\n\r\n\u{0}\r\nQUIT\n"),
    ])
    func tellsUpstreamsTheClientFirst(_ version: ProxyHeaderVersion, _ beginning: String) async throws {
        try await withUpstream { peer in
            let text = try #require(try await peer.receive(through: "HTTP/1.1\r\n"))
            #expect(text.hasPrefix(beginning))
            let fields = try #require(try await peer.receive())
            #expect(fields.contains("Connection: close\r\n"))
            try await peer.answer("\(peer.number)")
        } _: { upstream in
            let proxy = try await TestProxy.make(to: [upstream]) { $0.proxyProtocol = version }
            for number in 0..<2 { #expect(try await proxy.get().body == "\(number)") }
            #expect(try await proxy.idle == 0)
        }
    }

    // MARK: TLS

    private func security() throws -> NIOSSLContext {
        let certificate = try NIOSSLCertificate(bytes: Array(testCertificate.utf8), format: .pem)
        let key = try NIOSSLPrivateKey(bytes: Array(testKey.utf8), format: .pem)
        return try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: [.certificate(certificate)], privateKey: .privateKey(key)))
    }

    @Test func encryptsAndChecks() async throws {
        let folder = try TemporaryFolder()
        try folder.write(testCertificate, to: "ca.pem")
        try await withUpstream(security: security(), answerEverything) { upstream in
            let trusting = try await TestProxy.make(to: [upstream]) {
                $0.certificateAuthority = LocalPath(folder["ca.pem"])
            }
            for count in 0..<2 { #expect(try await trusting.get().body == "0.\(count)") }
            #expect(try await trusting.idle == 1)
            let strict = try await TestProxy.make(to: [upstream])
            #expect(try await strict.get().status == 502)
            let address = upstream.replacing("localhost", with: "127.0.0.1")
            let other = try await TestProxy.make(to: [address]) {
                $0.certificateAuthority = LocalPath(folder["ca.pem"])
            }
            #expect(try await other.get().status == 502)
            let careless = try await TestProxy.make(to: [address]) { $0.verify = false }
            #expect(try await careless.get().status == 200)
        }
    }

    @Test func tellsTheClientBeforeTheHandshake() async throws {
        try await withUpstream { peer in
            let line = try await peer.receive(through: "\n")
            #expect(line?.hasPrefix("PROXY TCP4 192.0.2.7 ") == true)
        } _: { upstream in
            let proxy = try await TestProxy.make(to: [upstream.replacing("http:", with: "https:")]) {
                $0.verify = false
                $0.proxyProtocol = .v1
            }
            #expect(try await proxy.get().status == 502)
        }
    }

    @Test func waitsForHandshakesForAWhile() async throws {
        try await withUpstream { peer in
            try await peer.waitForEnd()
        } _: { upstream in
            let proxy = try await TestProxy.make(to: [upstream.replacing("http:", with: "https:")]) {
                $0.verify = false
                $0.connect = TimeSpan(milliseconds: 50)
            }
            #expect(try await proxy.get().status == 504)
        }
    }

    @Test func breaksOffWhatMayHaveBeenCut() async throws {
        try await withUpstream(security: security()) { peer in
            _ = try await peer.receive()
            try await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello")
        } _: { upstream in
            let proxy = try await TestProxy.make(to: [upstream]) { $0.verify = false }
            let exchange = try await proxy.begin("GET / HTTP/1.1\r\nHost: a")
            #expect(try await exchange.events().last == .failed(502))
        }
    }

    @Test func saysWhichCertificatesAreMissing() throws {
        var settings = ProxySettings()
        settings.to = .init([try #require(Upstream("https://a"))])
        settings.certificateAuthority = LocalPath("/nonexistent/ca.pem")
        let error = #expect(throws: ProxyError.self) {
            try ProxyUpstreams(settings, logger: .init(label: "test") { _ in SwiftLogNoOpLogHandler() })
        }
        #expect(error?.description.hasPrefix("cannot read the certificates in /nonexistent/ca.pem: ") == true)
    }
}

/// A certificate for localhost that nobody else uses, and its key.
private let testCertificate = """
    -----BEGIN CERTIFICATE-----
    MIIBYTCCAQegAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
    c3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
    CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABPXKX7ywnkI3QsnS
    2O4KO47sjjaEhyxfnkOMzUDvpgLrWRGbnoZwn8QP3FxkdbB1lyJ9C9tMp1EzQNjU
    rDCy8t6jSDBGMA8GA1UdEwEB/wQFMAMBAf8wFAYDVR0RBA0wC4IJbG9jYWxob3N0
    MB0GA1UdDgQWBBRzri2ScCSt5hEepSYeQy9FMFivaTAKBggqhkjOPQQDAgNIADBF
    AiAt1tcxpUH9jU1Fc14919BjqohgChwRXdGuPzrRS1BLYwIhAJUlGMjalrJ+Xidr
    DlF+btoNFspO8Lxj0kpkZvqxcrdH
    -----END CERTIFICATE-----

    """
private let testKey = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgdrJliT2kUSiiwWWL
    DYe7gPQNHVgW9OYOWPmZL060Fh6hRANCAAT1yl+8sJ5CN0LJ0tjuCjuO7I42hIcs
    X55DjM1A76YC61kRm56GcJ/ED9xcZHWwdZcifQvbTKdRM0DY1KwwsvLe
    -----END PRIVATE KEY-----

    """
