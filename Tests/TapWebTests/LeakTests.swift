import Glibc
import TapTesting
import Testing

@testable import TapWeb

/// Runs alone among its kind: it counts what other tests open as well, so it counts only names below its own folder.
@Suite(.timeLimit(.minutes(2)))
struct LeakTests {
    /// The descriptors of this process that are open on files below a folder.
    private func descriptors(below path: String) -> Int {
        guard let folder = opendir("/proc/self/fd") else { return -1 }
        defer { closedir(folder) }
        var count = 0
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            var space = [CChar](repeating: 0, count: 4096)
            let length = max(0, readlink("/proc/self/fd/\(name)", &space, space.count))
            let target = String(decoding: space[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if target.hasPrefix(path) { count += 1 }
        }
        return count
    }

    /// Waits until the event loops have let go of what belonged to the connections, a turn after these are closed.
    ///
    /// What is never closed meets the time limit of the suite.
    private func nothingIsOpen(below path: String) async {
        while descriptors(below: path) > 0 && !Task.isCancelled { await Task.yield() }
        #expect(descriptors(below: path) == 0)
    }

    @Test func clientsThatGoAwayLeaveNothingOpen() async throws {
        let folder = try sampleFolder()
        try folder.write(Array(repeating: UInt8(ascii: "z"), count: 30_000_000), to: "big")
        try await serving(folder) { service in
            let connections = try (0..<20).map { _ in try service.connect() }
            for connection in connections {
                try await connection.send(String(repeating: "GET /big HTTP/1.1\r\nHost: a\r\n\r\n", count: 3))
                _ = try await connection.receive(count: 100)
            }
            #expect(descriptors(below: folder.path) > 1)
            for connection in connections { try await connection.abort() }
        }
        await nothingIsOpen(below: folder.path)
    }

    @Test func manyAnswersLeaveNothingOpen() async throws {
        let folder = try sampleFolder()
        try folder.write(Array(repeating: UInt8(ascii: "z"), count: 100_000), to: "big")
        try await serving(folder, change: { $0.listing = true }) { service in
            let connection = try service.connect()
            for _ in 0..<50 {
                for target in ["/big", "/hello.txt", "/none", "/empty/", "/sub", "/"] {
                    _ = try await connection.request(target)
                }
                _ = try await connection.request("/big", method: "HEAD")
                _ = try await connection.request("/big", "Range: bytes=0-5,10-20")
            }
            let last = try await connection.request("/hello.txt")
            #expect(last.status == 200)
            // The folder, and the large file as long as it is kept open for the next request.
            #expect(descriptors(below: folder.path) <= 2)
        }
        await nothingIsOpen(below: folder.path)
    }
}
