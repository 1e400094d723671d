import TapTesting
import Taproom
import Testing

@testable import TapPortforward

/// TLS on either side, with curl and openssl at the other end.
@Suite(.timeLimit(.minutes(10)))
struct SecurityTests {
    /// Makes a certificate for localhost, and its key: `NAME.pem` and `NAME.key`.
    private func certificate(_ name: String, in folder: TemporaryFolder) async throws {
        let outcome = try await Program.run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,DNS:inner.example", "-keyout",
                folder["\(name).key"], "-out", folder["\(name).pem"],
            ], in: folder.path)
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    /// Answers each request over HTTP with a text, on connections of its own.
    private func answering(_ target: TestListener, _ text: String) -> Task<Void, any Error> {
        Task {
            while true {
                let server = try await target.accept()
                // Trials of curl's may be cut off.
                guard (try? await server.receive(through: "\r\n\r\n")) != nil else { continue }
                try? await server.send("HTTP/1.1 200 OK\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)")
                try? await server.finishSending()
            }
        }
    }

    @Test func encryptsForClients() async throws {
        let folder = try TemporaryFolder()
        try await certificate("door", in: folder)
        let target = try TestListener()
        let answers = answering(target, "inside")
        defer { answers.cancel() }
        let files = Endpoint.TLS(
            certificate: LocalPath(folder["door.pem"]), key: LocalPath(folder["door.key"]))
        try await forwarding(
            to: [target.address], listen: [Endpoint(.tcp(port: 0, interface: "127.0.0.1"), tls: files)]
        ) { forward in
            let url = "https://localhost:\(try forward.port())/"
            let words = ["-sS", "--max-time", "100", "--cacert", folder["door.pem"], url]
            let outcome = try await Program.run("curl", words, in: "/")
            #expect(outcome.output == "inside", "\(outcome.errors)")
            // Whoever does not speak TLS gets nothing.
            let plain = try forward.connect()
            try await plain.send("GET / HTTP/1.1\r\n\r\n")
            #expect(!String(decoding: try await plain.receiveAll(), as: UTF8.self).contains("200"))
        }
    }

    @Test func encryptsForTargetsAndChecksThem() async throws {
        let folder = try TemporaryFolder()
        try await certificate("inner", in: folder)
        try await certificate("other", in: folder)
        // A server of TLS that answers: a second service in front of a plain one.
        let plain = try TestListener()
        let answers = answering(plain, "behind both")
        defer { answers.cancel() }
        let files = Endpoint.TLS(
            certificate: LocalPath(folder["inner.pem"]), key: LocalPath(folder["inner.key"]))
        try await forwarding(
            to: [plain.address], listen: [Endpoint(.tcp(port: 0, interface: "127.0.0.1"), tls: files)]
        ) { inner in
            let port = try inner.port()
            func target(_ change: (inout ForwardTarget.TLS) -> Void) -> ForwardTarget {
                var tls = ForwardTarget.TLS()
                change(&tls)
                return ForwardTarget(.tcp(host: "localhost", port: port), tls: tls)
            }
            for (target, isGood) in [
                (target { $0.authority = LocalPath(folder["inner.pem"]) }, true),
                (target { ($0.authority, $0.name) = (LocalPath(folder["inner.pem"]), "inner.example") }, true),
                (target { ($0.authority, $0.name) = (LocalPath(folder["inner.pem"]), "wrong.example") }, false),
                (target { $0.authority = LocalPath(folder["other.pem"]) }, false),
                (target { _ in }, false), (target { $0.verify = false }, true),
            ] {
                try await forwarding(to: []) { settings in
                    settings.to = [target]
                } _: { outer in
                    let client = try outer.connect()
                    try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                    let answer = String(decoding: try await client.receiveAll(), as: UTF8.self)
                    #expect(answer.hasSuffix("behind both") == isGood, "\(target): \(answer)")
                }
            }
        }
    }

    @Test func keepsTheOtherHalfOpenThroughTLS() async throws {
        let target = try TestListener()
        try await forwarding(
            to: [target.address], listen: [Endpoint(.tcp(port: 0, interface: "127.0.0.1"), tls: Endpoint.TLS())]
        ) { settings in
            settings.tls.internal = true
        } _: { forward in
            let client = try Program(
                "openssl", ["s_client", "-quiet", "-connect", "127.0.0.1:\(try forward.port())"], in: "/")
            let server = try await target.accept()
            try await server.send("a line\n")
            _ = try await client.line(containing: "a line")
            try await server.finishSending()
            _ = try await client.end()
            #expect(try await server.receiveAll() == [])
        }
    }

    @Test func saysWhatIsWrongWithCertificates() async throws {
        let error = await #expect(throws: TargetSecurityError.self) {
            try await forwarding(to: []) { settings in
                var tls = ForwardTarget.TLS()
                tls.authority = LocalPath("/none.pem")
                settings.to = [ForwardTarget(.tcp(host: "db.example", port: 1), tls: tls)]
            } _: { _ in
            }
        }
        let text = try #require(error).description
        #expect(text.hasPrefix("cannot read the certificates in /none.pem for the target tls:db.example:1:authority="))
        #expect(text.hasSuffix("Name a file with certificates in PEM with authority=FILE."))
    }
}
