import TapTesting
import Taproom
import Testing

@testable import TapWeb

/// Bodies of requests that handlers read, and answers that are made while they are sent.
@Suite(.timeLimit(.minutes(2)))
struct OwnBodyTests {
    private func post(_ connection: TestConnection, _ target: String, _ body: String, _ fields: String...) async throws
        -> TestResponse
    {
        let lines =
            ["POST \(target) HTTP/1.1", "Host: test", "Content-Length: \(body.utf8.count)"] + fields + ["", body]
        try await connection.send(lines.joined(separator: "\r\n"))
        return try await connection.response()
    }

    @Test func readsBodiesAsTheyCome() async throws {
        try await servingOwn { service in
            let connection = try service.connect()
            for size in [0, 1, 70_000, 300_000] {
                let response = try await post(connection, "/count", String(repeating: "x", count: size))
                #expect(response.text == "\(size)")
            }
            try await connection.send(
                "POST /count HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello")
            try await connection.send("\r\n3\r\nyou\r\n0\r\n\r\n")
            let chunked = try await connection.response()
            #expect(chunked.text == "8")
        }
    }

    @Test func refusesBodiesThatAreTooLong() async throws {
        try await servingOwn { service in
            for target in ["/count", "/small"] {
                let told = try service.connect()
                try await told.send("POST \(target) HTTP/1.1\r\nHost: test\r\nContent-Length: 300001\r\n\r\n")
                #expect(try await told.response().status == 413, "\(target)")
                let untold = try service.connect()
                try await untold.send("POST \(target) HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n")
                try await untold.send("493E1\r\n" + String(repeating: "x", count: 300_001) + "\r\n0\r\n\r\n")
                #expect(try await untold.response().status == 413, "\(target)")
            }
            let get = try service.connect()
            try await get.send("GET /hello/world HTTP/1.1\r\nHost: test\r\nContent-Length: 1\r\n\r\nx")
            #expect(try await get.response().status == 413)
        }
    }

    @Test func goesOnAfterABodyThatNobodyReads() async throws {
        try await servingOwn { service in
            let connection = try service.connect()
            let unread = try await post(connection, "/unread", String(repeating: "x", count: 500_000))
            #expect(unread.text == "not read")
            let next = try await connection.request("/hello/world")
            #expect(next.text == "the world")
        }
    }

    @Test func readsFormsAndJSON() async throws {
        try await servingOwn { service in
            let connection = try service.connect()
            let type = "Content-Type: application/x-www-form-urlencoded; charset=utf-8"
            let form = try await post(connection, "/form", "a=1+2&b=%C3%A4%zz&c&&=d&a=%00", type)
            #expect(form.text == "[a=1 2][b=ä%zz][c=][=d][a=\0]")
            #expect(try await post(connection, "/form", "a=1").status == 415)
            func put(_ text: String, _ type: String = "application/json") async throws -> TestResponse {
                try await connection.send(
                    "PUT /sum HTTP/1.1\r\nHost: test\r\nContent-Type: \(type)\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)"
                )
                return try await connection.response()
            }
            #expect(try await put(#"{"numbers": [1, 2, 3]}"#).text == "{\"sum\":6}\n")
            #expect(try await put(#"{"numbers": [1, "2"]}"#).status == 400)
            #expect(try await put(#"{"numbers": [1"#).status == 400)
            #expect(try await put(String(repeating: "[", count: 100_000)).status == 400)
            #expect(try await put("{}", "text/plain").status == 415)
        }
    }

    @Test func cancelsAHandlerWhoseClientLeavesInTheMiddleOfItsBody() async throws {
        try await servingOwn { service in
            let connection = try service.connect()
            try await connection.send("POST /count HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\nhalf")
            try await connection.abort()
            let other = try service.connect()
            #expect(try await other.request("/hello/world").text == "the world")
        }
    }

    @Test func streamsAnswersOfEveryLength() async throws {
        try await servingOwn { service in
            let connection = try service.connect()
            for count in [0, 1, 2000] {
                let response = try await connection.request("/stream/\(count)")
                #expect(response.text == (0..<count).map { "\($0)\n" }.joined())
            }
        }
    }

    @Test func breaksOffWhatFailsOnTheWay() async throws {
        try await servingOwn { service in
            let connection = try service.connect()
            try await connection.send("GET /stream/broken HTTP/1.1\r\nHost: test\r\n\r\n")
            let text = String(decoding: try await connection.receiveAll(), as: UTF8.self)
            #expect(text.contains("begun"))
            #expect(!text.hasSuffix("0\r\n\r\n"))
        }
    }

    @Test func cancelsWhatNobodyReadsAnyMore() async throws {
        try await servingOwn { service in
            let connection = try service.connect()
            try await connection.send("GET /stream/endless/one HTTP/1.1\r\nHost: test\r\n\r\n")
            _ = try await connection.receive(through: "xxx")
            try await connection.abort()
            let waiting = try service.connect()
            try await waiting.send("GET /waits/two HTTP/1.1\r\nHost: test\r\n\r\n")
            let other = try service.connect()
            #expect(try await other.request("/happened/two-begun").text == "yes")
            #expect(try await other.request("/happened/one").text == "yes")
            try await waiting.abort()
            #expect(try await other.request("/happened/two").text == "yes")
        }
    }

    @Test func doesTheSameOverHTTP2() async throws {
        let folder = try TemporaryFolder()
        try folder.write(String(repeating: "x", count: 300_000), to: "body")
        try folder.write(String(repeating: "x", count: 300_001), to: "more")
        try await servingOwn(folder) { settings in
            settings.listen = [Endpoint(.tcp(port: 0, interface: nil), tls: Endpoint.TLS())]
            settings.tls.internal = true
        } _: { service in
            guard case .tcp(_, let port) = service.addresses[0] else { return }
            func curl(_ target: String, _ options: String...) async throws -> String {
                let words = ["-sk", "--http2", "--max-time", "50", "-w", "|%{http_code} %{http_version}|%{exitcode}"]
                let url = "https://127.0.0.1:\(port)\(target)"
                return try await Program.run("curl", words + options + [url], in: folder.path).output
            }
            #expect(try await curl("/count", "--data-binary", "@body") == "300000|200 2|0")
            #expect(try await curl("/count", "--data-binary", "@more", "-o", "/dev/null") == "|413 2|0")
            #expect(try await curl("/small", "--data-binary", "@body", "-o", "/dev/null") == "|413 2|0")
            #expect(try await curl("/stream/2000") == (0..<2000).map { "\($0)\n" }.joined() + "|200 2|0")
            #expect(try await curl("/file/body") == String(repeating: "x", count: 300_000) + "|200 2|0")
            #expect(try await curl("/stream/broken") == "begun|200 2|92")
            #expect(try await curl("/echo", "-o", "/dev/null") == "|426 2|0")
            let head = try await curl("/hello/world", "-I")
            #expect(head.hasSuffix("|200 2|0"))
            // Of a stream without end a part is taken.
            let script = "curl -sk --http2 https://127.0.0.1:\(port)/stream/endless/h2 | head -c 100000 | wc -c"
            let part = try await Program.run("sh", ["-c", script], in: folder.path).output
            #expect(part == "100000\n")
            #expect(try await curl("/happened/h2") == "yes|200 2|0")
        }
    }
}
