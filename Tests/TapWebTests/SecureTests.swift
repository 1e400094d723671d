import Glibc
import TapTesting
import Taproom
import Testing

@testable import TapWeb

/// TLS and HTTP/2, with curl and openssl at the other end.
@Suite(.timeLimit(.minutes(2)))
struct SecureTests {
    /// Makes a certificate for a name, and its key: `NAME.pem` and `NAME.key`.
    private func certificate(_ name: String, in folder: TemporaryFolder, as file: String? = nil) async throws {
        let file = file ?? name
        let outcome = try await Program.run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:\(name)", "-keyout", folder["\(file).key"],
                "-out", folder["\(file).pem"],
            ], in: folder.path)
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    private func secure(_ change: @escaping (inout WebSettings) -> Void) -> (inout WebSettings) -> Void {
        { settings in
            settings.listen = [Endpoint(.tcp(port: 0, interface: "127.0.0.1"), tls: Endpoint.TLS())]
            change(&settings)
        }
    }

    private func curl(_ service: RunningService, _ words: [String], host: String = "localhost") async throws -> String {
        let port = try service.port()
        let words = ["-sS", "--max-time", "100", "--resolve", "\(host):\(port):127.0.0.1"] + words
        return try await Program.run("curl", words, in: "/").output
    }

    @Test(arguments: ["--http1.1", "--http2"])
    func servesFilesOverBothVersions(version: String) async throws {
        let folder = try sampleFolder()
        try folder.write((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 4) }, to: "big")
        try await serving(folder, change: secure { $0.tls.internal = true }) { service in
            let url = "https://localhost:\(try service.port())"
            let name = try await curl(service, ["-k", version, "-w", "%{http_version}", "\(url)/hello.txt"])
            #expect(name == (version == "--http2" ? "hello2" : "hello1.1"))
            let output = folder["received"]
            _ = try await curl(service, ["-k", version, "-o", output, "\(url)/big"])
            let same = try await Program.run("cmp", [output, folder["big"]], in: "/")
            #expect(same.status == 0)
            let head = try await curl(service, ["-k", version, "-I", "\(url)/big"])
            #expect(head.lowercased().contains("content-length: 3000000\r\n"))
            let part = try await curl(service, ["-k", version, "-r", "2-4", "\(url)/digits.bin"])
            #expect(part == "234")
            let packed = try await curl(service, ["-k", version, "--compressed", "\(url)/sub/"])
            #expect(packed == "inner")
            let post = try await curl(
                service, ["-k", version, "-d", "x=1", "-o", "/dev/null", "-w", "%{http_code}", "\(url)/"])
            #expect(post == "405")
            let many = try await curl(
                service, ["-k", version, "--parallel", "\(url)/hello.txt?[1-200]"])
            #expect(many == String(repeating: "hello", count: 200))
        }
    }

    @Test func choosesTheCertificateByName() async throws {
        let folder = try sampleFolder()
        for name in ["a.example", "b.example", "usual.example"] { try await certificate(name, in: folder) }
        try await serving(
            folder,
            change: secure { settings in
                for name in ["a", "b"] {
                    var host = WebHost()
                    host.name = ["\(name).example"]
                    host.certificate = LocalPath(folder["\(name).example.pem"])
                    host.key = LocalPath(folder["\(name).example.key"])
                    host.static = folder.local
                    settings.hosts.append(host)
                }
                settings.tls.certificate = LocalPath(folder["usual.example.pem"])
                settings.tls.key = LocalPath(folder["usual.example.key"])
            }
        ) { service in
            for name in ["a.example", "b.example", "usual.example"] {
                let url = "https://\(name):\(try service.port())/hello.txt"
                let text = try await curl(service, ["--cacert", folder["\(name).pem"], url], host: name)
                #expect(text == "hello", "\(name)")
            }
        }
    }

    @Test func takesRenewedCertificatesAndKeepsTheOldWhenTheyAreBad() async throws {
        let folder = try sampleFolder()
        try await certificate("a.example", in: folder, as: "now")
        try await certificate("a.example", in: folder, as: "next")
        try await serving(
            folder,
            change: secure { settings in
                settings.tls.certificate = LocalPath(folder["now.pem"])
                settings.tls.key = LocalPath(folder["now.key"])
            }
        ) { service in
            func serves(_ certificate: String) async throws -> Bool {
                let url = "https://a.example:\(try service.port())/hello.txt"
                let words = ["--cacert", folder[certificate], url]
                return try await curl(service, words, host: "a.example") == "hello"
            }
            let old = try SmallFile.read(folder["now.pem"], atMost: 10_000).bytes
            try folder.write(old, to: "old.pem")
            #expect(try await serves("old.pem"))
            // A certificate without its key is half of a renewal.
            rename(folder["next.pem"], folder["now.pem"])
            try folder.write(try SmallFile.read(folder["now.pem"], atMost: 10_000).bytes, to: "new.pem")
            #expect(try await serves("old.pem"))
            rename(folder["next.key"], folder["now.key"])
            while !(try await serves("new.pem")) && !Task.isCancelled {}
            #expect(try await serves("new.pem"))
        }
    }

    @Test func refusesCertificatesThatCannotBeUsed() async throws {
        let folder = try sampleFolder()
        try await certificate("a.example", in: folder, as: "a")
        try await certificate("b.example", in: folder, as: "b")
        try folder.write("nonsense", to: "nonsense.pem")
        for (certificate, key, problem) in [
            ("a.pem", "b.key", "its key may be another's"), ("none.pem", "a.key", "no such file"),
            ("nonsense.pem", "a.key", "has no certificate in PEM"), ("a.pem", "nonsense.pem", "has no key in PEM"),
        ] {
            let error = await #expect(throws: (any Error).self) {
                try await serving(
                    folder,
                    change: secure { settings in
                        settings.tls.certificate = LocalPath(folder[certificate])
                        settings.tls.key = LocalPath(folder[key])
                    }
                ) { _ in }
            }
            #expect(
                "\(error.map { "\($0)" } ?? "")".contains(problem),
                "\(certificate) \(key): \(error.map { "\($0)" } ?? "")")
        }
    }

    @Test func sendsClientsWithoutTLSToWhereItIs() async throws {
        try await serving(try sampleFolder()) { settings in
            settings.listen = [
                .tcp(port: 0), Endpoint(.tcp(port: 0, interface: "127.0.0.1"), tls: Endpoint.TLS()),
            ]
            settings.tls.internal = true
            settings.tls.redirect = true
            settings.tls.strictTransport = TimeSpan(seconds: 60)
        } _: { service in
            let connection = try service.connect()
            let response = try await connection.request("/a%20b?c=d")
            #expect(response.status == 308)
            #expect(response["Location"] == "https://test:0/a%20b?c=d")
            #expect(response["Strict-Transport-Security"] == nil)
        }
    }

    @Test func closesConnectionsThatNeverShakeHands() async throws {
        try await serving(
            try sampleFolder(),
            change: secure { settings in
                settings.tls.internal = true
                settings.limits.request = TimeSpan(milliseconds: 50)
            }
        ) { service in
            for bytes in ["", "\u{16}\u{3}\u{1}", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"] {
                let connection = try service.connect()
                try await connection.send(bytes)
                let rest = try await connection.receiveAll()
                #expect(!String(decoding: rest, as: UTF8.self).contains("HTTP/1.1 200"))
            }
        }
    }
}

extension RunningService {
    /// The TCP port of its first endpoint.
    func port() throws -> UInt16 {
        guard case .tcp(_, let port)? = addresses.first else { throw TestFailure("the service has no TCP port") }
        return port
    }
}
