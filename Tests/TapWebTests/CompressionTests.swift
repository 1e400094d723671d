import Glibc
import TapTesting
import Taproom
import Testing

@testable import TapWeb

@Suite(.timeLimit(.minutes(2)))
struct CompressionTests {
    private let text = String(repeating: "All work and no play makes a dull server. ", count: 200)

    /// What a program makes of bytes.
    private func undone(_ program: String, _ bytes: [UInt8], in folder: TemporaryFolder) async throws -> [UInt8] {
        try folder.write(bytes, to: "packed")
        let script = "\(program) < packed > unpacked"
        let outcome = try await Program.run("sh", ["-c", script], in: folder.path)
        #expect(outcome.status == 0)
        return try SmallFile.read(folder["unpacked"], atMost: 100 << 20).bytes
    }

    private static let inflate =
        "python3 -c 'import sys,zlib;sys.stdout.buffer.write(zlib.decompress(sys.stdin.buffer.read()))'"

    @Test(arguments: [
        ("gzip", "gzip", "gzip -dc"), ("gzip;q=0.5, zstd", "zstd", "zstd -dc"), ("deflate", "deflate", inflate),
        ("*", "br", "brotli -dc"), ("br, gzip", "br", "brotli -dc"), ("br;q=0.5, zstd", "zstd", "zstd -dc"),
        ("zstd;q=0, gzip;q=0.001", "gzip", "gzip -dc"),
    ])
    func compressesSmallAndLargeText(accepted: String, coding: String, program: String) async throws {
        let folder = try TemporaryFolder()
        let large = String(repeating: text, count: 100)
        try folder.write(text, to: "small.txt")
        try folder.write(large, to: "large.txt")
        age(folder["small.txt"])
        try await serving(folder) { service in
            let connection = try service.connect()
            for (name, expected) in [("small.txt", text), ("small.txt", text), ("large.txt", large)] {
                let response = try await connection.request("/\(name)", "Accept-Encoding: \(accepted)")
                #expect(response["Content-Encoding"] == coding)
                #expect(response["Vary"] == "Accept-Encoding")
                #expect(response.body.count < expected.utf8.count / 5)
                let work = try TemporaryFolder()
                #expect(try await undone(program, response.body, in: work) == Array(expected.utf8))
                let plain = try await connection.request("/\(name)")
                #expect(plain["Content-Encoding"] == nil)
                #expect(plain.text == expected)
                #expect(plain["ETag"] != response["ETag"])
                let head = try await connection.request("/\(name)", method: "HEAD", "Accept-Encoding: \(accepted)")
                #expect(head["Content-Encoding"] == coding)
                let unchanged = try await connection.request(
                    "/\(name)", "Accept-Encoding: \(accepted)", "If-None-Match: \(response["ETag"] ?? "")")
                #expect(unchanged.status == 304)
            }
        }
    }

    @Test(arguments: ["identity", "gzip;q=0", "", "br;q=0", "identity, *;q=0", "nonsense"])
    func sendsTextAsItIs(accepted: String) async throws {
        let folder = try TemporaryFolder()
        try folder.write(text, to: "a.txt")
        try await serving(folder) { service in
            let connection = try service.connect()
            let response = try await connection.request("/a.txt", "Accept-Encoding: \(accepted)")
            #expect(response["Content-Encoding"] == nil)
            #expect(response.text == text)
        }
    }

    @Test func leavesOthersAlone() async throws {
        let folder = try TemporaryFolder()
        try folder.write(text, to: "a.png")
        try folder.write("short", to: "a.txt")
        try folder.write(text, to: "b.txt")
        try await serving(folder) { service in
            let connection = try service.connect()
            for name in ["a.png", "a.txt"] {
                let response = try await connection.request("/\(name)", "Accept-Encoding: gzip")
                #expect(response["Content-Encoding"] == nil, "\(name)")
            }
            let part = try await connection.request("/b.txt", "Accept-Encoding: gzip", "Range: bytes=0-2")
            #expect(part.text == "All")
        }
        try await serving(folder, change: { $0.compress = false }) { service in
            let response = try await service.connect().request("/b.txt", "Accept-Encoding: gzip")
            #expect(response["Content-Encoding"] == nil)
        }
    }

    @Test func sendsWhatWasCompressedBeforehand() async throws {
        let folder = try TemporaryFolder()
        for name in ["a.css", "big.css"] {
            try folder.write(name == "a.css" ? text : String(repeating: text, count: 20), to: name)
            try folder.write("brotli of \(name)", to: name + ".br")
            try folder.write("gzip of \(name)", to: name + ".gz")
        }
        try folder.write("gzip that is older", to: "new.css.gz")
        age(folder["new.css.gz"])
        try folder.write(text, to: "new.css")
        try await serving(folder) { service in
            let connection = try service.connect()
            for name in ["a.css", "a.css", "big.css"] {
                let best = try await connection.request("/\(name)", "Accept-Encoding: gzip, br")
                #expect(best["Content-Encoding"] == "br")
                #expect(best.text == "brotli of \(name)")
                #expect(best["Content-Type"] == "text/css; charset=utf-8")
                let second = try await connection.request("/\(name)", "Accept-Encoding: gzip")
                #expect(second.text == "gzip of \(name)")
                let made = try await connection.request("/\(name)", "Accept-Encoding: deflate")
                #expect(made["Content-Encoding"] == "deflate")
            }
            let new = try await connection.request("/new.css", "Accept-Encoding: gzip")
            #expect(new["Content-Encoding"] == "gzip")
            #expect(new.text != "gzip that is older")
            // A change of the file beside it is seen.
            try folder.write("other gzip", to: "a.css.gz")
            let changed = try await connection.request("/a.css", "Accept-Encoding: gzip")
            #expect(changed.text == "other gzip")
        }
    }

    @Test func stopsWhenTheClientLeaves() async throws {
        let folder = try TemporaryFolder()
        try folder.write((0..<20_000_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }, to: "large.txt")
        try await serving(folder) { service in
            let connection = try service.connect()
            try await connection.send("GET /large.txt HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n")
            _ = try await connection.receive(count: 1000)
        }
    }
}
