import Glibc
import TapTesting
import Taproom
import Testing

@testable import TapWeb

@Suite(.timeLimit(.minutes(2)))
struct RangeServingTests {
    @Test func sendsOneRange() async throws {
        let response = try await serving(try sampleFolder()) {
            try await $0.connect().request("/digits.bin", "Range: bytes=2-4")
        }
        #expect(response.status == 206)
        #expect(response.text == "234")
        #expect(response["Content-Range"] == "bytes 2-4/10")
        #expect(response["Content-Length"] == "3")
    }

    @Test func sendsSeveralRanges() async throws {
        let response = try await serving(try sampleFolder()) {
            try await $0.connect().request("/digits.bin", "Range: bytes=0-1,-2")
        }
        #expect(response.status == 206)
        let type = response["Content-Type"] ?? ""
        #expect(type.hasPrefix("multipart/byteranges; boundary="))
        let boundary = type.dropFirst("multipart/byteranges; boundary=".count)
        #expect(
            response.text == """
                --\(boundary)\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes 0-1/10\r\n\r\n01\r\n\
                --\(boundary)\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes 8-9/10\r\n\r\n89\r\n\
                --\(boundary)--\r\n
                """)
    }

    @Test func saysWhenARangeIsOutside() async throws {
        let response = try await serving(try sampleFolder()) {
            try await $0.connect().request("/digits.bin", "Range: bytes=10-")
        }
        #expect(response.status == 416)
        #expect(response["Content-Range"] == "bytes */10")
    }

    @Test func headIgnoresRanges() async throws {
        let response = try await serving(try sampleFolder()) {
            try await $0.connect().request("/digits.bin", method: "HEAD", "Range: bytes=0-1")
        }
        #expect(response.status == 200)
        #expect(response["Content-Length"] == "10")
    }

    @Test func rangesOfAChangedFileAreNotSent() async throws {
        try await serving(try sampleFolder()) { service in
            let connection = try service.connect()
            let tag = try await connection.request("/digits.bin")["ETag"] ?? ""
            let same = try await connection.request("/digits.bin", "Range: bytes=0-1", "If-Range: \(tag)")
            #expect(same.status == 206)
            let changed = try await connection.request("/digits.bin", "Range: bytes=0-1", "If-Range: \"other\"")
            #expect(changed.status == 200)
            #expect(changed.text == "0123456789")
        }
    }

    @Test func servesPartsOfFilesBeyondFourGibibytes() async throws {
        let folder = try TemporaryFolder()
        try folder.write("", to: "big.iso")
        let size: Int64 = 5 << 30
        let file = open(folder["big.iso"], O_WRONLY | O_CLOEXEC)
        ftruncate(file, off_t(size))
        pwrite(file, "needle", 6, off_t(size - 6))
        pwrite(file, "middle", 6, off_t(Int64(1) << 32))
        close(file)
        try await serving(folder) { service in
            let connection = try service.connect()
            let head = try await connection.request("/big.iso", method: "HEAD")
            #expect(head["Content-Length"] == "5368709120")
            let end = try await connection.request("/big.iso", "Range: bytes=-6")
            #expect(end.text == "needle")
            #expect(end["Content-Range"] == "bytes 5368709114-5368709119/5368709120")
            let middle = try await connection.request("/big.iso", "Range: bytes=4294967296-4294967301")
            #expect(middle.text == "middle")
            let both = try await connection.request("/big.iso", "Range: bytes=4294967296-4294967301,-6")
            #expect(both.text.contains("\r\n\r\nmiddle\r\n"))
            #expect(both.text.contains("\r\n\r\nneedle\r\n"))
            // A piece that takes more than one call of the operating system.
            let long = try await connection.request("/big.iso", "Range: bytes=4294967296-4298967295")
            #expect(long.body.count == 4_000_000)
            #expect(long.body.starts(with: "middle".utf8))
        }
    }

    @Test func answersConditions() async throws {
        let folder = try sampleFolder()
        age(folder["hello.txt"])
        try await serving(folder) { service in
            let connection = try service.connect()
            let first = try await connection.request("/hello.txt")
            let tag = first["ETag"] ?? ""
            let same = try await connection.request("/hello.txt", "If-None-Match: \(tag)")
            #expect(same.status == 304)
            #expect(same["ETag"] == tag)
            #expect(same["Content-Length"] == nil)
            let date = try await connection.request("/hello.txt", "If-Modified-Since: \(first["Last-Modified"] ?? "")")
            #expect(date.status == 304)
            let failed = try await connection.request("/hello.txt", "If-Match: \"other\"")
            #expect(failed.status == 412)
            let head = try await connection.request("/hello.txt", method: "HEAD", "If-None-Match: \(tag)")
            #expect(head.status == 304)
            let again = try await connection.request("/hello.txt")
            #expect(again.text == "hello")
        }
    }
}
