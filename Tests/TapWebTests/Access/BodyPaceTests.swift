import NIOCore
import TapTesting
import Taproom
import Testing

@testable import TapWeb

@Suite(.timeLimit(.minutes(2)))
struct BodyPaceTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    private func limits(_ rate: Int64 = 1000) -> WebLimits {
        var limits = WebLimits()
        (limits.body, limits.bodyRate) = (TimeSpan(seconds: 20), ByteCount(bytes: rate))
        return limits
    }

    @Test func waitsForAPauseOnly() {
        var pace = BodyPace(limits())
        #expect(pace.deadline == .distantFuture)
        pace.note(isReading: true, now: start)
        #expect(pace.deadline == start + .seconds(20))
        pace.receive(100_000)
        pace.note(isReading: true, now: start + .seconds(10))
        #expect(pace.deadline == start + .seconds(30))
        pace.note(isReading: true, now: start + .seconds(15))
        #expect(pace.deadline == start + .seconds(30), "nothing has come")
    }

    @Test func bytesNowAndThenAreNotEnough() {
        var (pace, free) = (BodyPace(limits()), BodyPace(limits(0)))
        pace.note(isReading: true, now: start)
        free.note(isReading: true, now: start)
        for second in Int64(1)...60 {
            pace.receive(100)
            free.receive(100)
            pace.note(isReading: true, now: start + .seconds(second))
            free.note(isReading: true, now: start + .seconds(second))
        }
        #expect(pace.deadline == start + .seconds(26))
        #expect(free.deadline == start + .seconds(80))
    }

    @Test func timeWhenNobodyReadsDoesNotCount() {
        var pace = BodyPace(limits())
        pace.note(isReading: true, now: start)
        pace.receive(1000)
        pace.note(isReading: true, now: start + .seconds(5))
        pace.note(isReading: false, now: start + .seconds(10))
        #expect(pace.deadline == .distantFuture)
        pace.note(isReading: true, now: start + .seconds(1000))
        #expect(pace.deadline == start + .seconds(1011))
        pace.begin()
        pace.note(isReading: true, now: start + .seconds(2000))
        #expect(pace.deadline == start + .seconds(2020))
    }

    @Test func theClockOfAConnectionRefusesSlowBodies() {
        var clock = ConnectionClock(limits(), now: start)
        clock.beginBody()
        clock.note(.receivingBody, now: start)
        clock.receiveBody(5000)
        clock.note(.receivingBody, now: start + .seconds(3))
        #expect(clock.verdict(now: start + .seconds(20), sent: 0) == .wait(until: start + .seconds(23)))
        #expect(clock.verdict(now: start + .seconds(23), sent: 0) == .refuse)
        clock.note(.answering, now: start + .seconds(23))
        #expect(clock.deadline == .distantFuture)
    }

    @Test func slowBodiesAreToldSo() async throws {
        let folder = try sampleFolder()
        try folder.writeProgram("printf 'Content-Type: text/plain\\n\\n'; cat", to: "cgi/echo")
        try await serving(folder) { settings in
            settings.limits.body = TimeSpan(milliseconds: 50)
            var (route, programs) = (WebRoute(), CGISettings())
            programs.folder = LocalPath(folder["cgi"])
            (route.path, route.cgi) = ("/cgi", programs)
            settings.routes = [route]
        } _: { service in
            for target in ["/hello.txt", "/cgi/echo", "/none"] {
                let connection = try service.connect()
                try await connection.send("POST \(target) HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
                if target == "/cgi/echo" {
                    // The program may have begun to answer, which can only be broken off then.
                    _ = try? await connection.receiveAll()
                    continue
                }
                let response = try await connection.response()
                #expect(response.status == 408, "\(target)")
                #expect(response["Connection"] == "close")
                _ = try? await connection.receiveAll()
            }
        }
    }

    /// Sends the head of a request with a body, and nothing more, over HTTP/2.
    private static let client = """
        import socket, ssl, struct, sys
        def frame(kind, flags, stream, payload):
            return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(["h2"])
        socket.setdefaulttimeout(20)
        server = context.wrap_socket(socket.create_connection(("127.0.0.1", int(sys.argv[1]))), server_hostname="localhost")
        head = b"\\x83\\x87\\x84\\x41\\x09localhost"
        server.sendall(b"PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n" + frame(4, 0, 0, b"") + frame(1, 4, 1, head))
        received = b""
        while True:
            while len(received) < 9 or len(received) < 9 + int.from_bytes(received[:3], "big"):
                piece = server.recv(65536)
                if not piece:
                    sys.exit("the connection was ended")
                received += piece
            length = int.from_bytes(received[:3], "big")
            if received[3] == 1:
                # Plain, or by the code of HPACK (RFC 7541, appendix B).
                told = received[9:9 + length]
                print("408" if b"408" in told or b"\\x68\\x0f\\x7f" in told else "another status")
                break
            received = received[9 + length:]
        """

    @Test func slowBodiesOfStreamsAreToldSo() async throws {
        let folder = try sampleFolder()
        try folder.write(Self.client, to: "client.py")
        try await serving(folder) { settings in
            settings.listen = [Endpoint(.tcp(port: 0, interface: "127.0.0.1"), tls: Endpoint.TLS())]
            settings.tls.internal = true
            settings.limits.body = TimeSpan(milliseconds: 50)
        } _: { service in
            let words = [folder["client.py"], "\(try service.port())"]
            let outcome = try await Program.run("python3", words, in: folder.path)
            #expect(outcome.output == "408\n", "\(outcome.errors)")
        }
    }
}
