import Glibc
import NIOCore
import TapNetwork
import TapTesting
import Taproom
import Testing

@testable import TapWeb

extension FileCache.Key: ExpressibleByStringInterpolation {
    /// A path of the first host.
    public init(stringLiteral path: String) { self.init(host: 0, path: path) }
}

struct FileCacheTests {
    private let tree: FileTree
    private let place = Place(
        0, at: [], .nothing,
        PlaceMarks(headers: [:], cache: [:], addresses: AddressRules(allow: [], deny: [])),
        PlaceRecord(PlaceName("/"), log: nil))

    init() throws { tree = try FileTree(LocalPath("/"), FileRules(WebSettings())) }

    private func entry(bytes: Int) -> FileCache.Entry {
        let content = Representation.Content.memory(ByteBuffer(repeating: 0, count: bytes))
        return FileCache.Entry(
            Representation(FileFacts(stat()), mediaType: "a/b", content: content, now: 0), named: [0], in: tree, place,
            nil, lookedAt: 0)
    }

    @Test func findsWhatWasKept() {
        var cache = FileCache(maximumBytes: 1 << 20)
        cache.insert(entry(bytes: 100), for: "/a")
        #expect(cache.entry("/a") != nil)
        #expect(cache.entry("/b") == nil)
    }

    @Test func forgets() {
        var cache = FileCache(maximumBytes: 1 << 20)
        cache.insert(entry(bytes: 100), for: "/a")
        cache.remove("/a")
        #expect(cache.entry("/a") == nil)
    }

    @Test func staysWithinItsBytes() {
        var cache = FileCache(maximumBytes: 1 << 20)
        for number in 0..<10_000 { cache.insert(entry(bytes: 1000), for: "/\(number)") }
        #expect(cache.count <= (1 << 20) / 2000)
        #expect(cache.entry("/9999") != nil)
    }

    @Test func boundsEmptyFilesAsWell() {
        var cache = FileCache(maximumBytes: 1 << 20)
        for number in 0..<10_000 { cache.insert(entry(bytes: 0), for: "/\(number)") }
        #expect(cache.count <= 1024)
    }

    @Test func keepsWhatIsUsed() {
        var cache = FileCache(maximumBytes: 1 << 20)
        cache.insert(entry(bytes: 1000), for: "/used")
        for number in 0..<10_000 {
            cache.insert(entry(bytes: 1000), for: "/\(number)")
            #expect(cache.entry("/used") != nil)
        }
    }

    /// A file that is kept open, in a folder of its own.
    private func openEntry(_ name: String, in folder: String) throws -> FileCache.Entry {
        let tree = try FileTree(LocalPath(folder), FileRules(WebSettings()))
        guard case .file(let file, let bytes, _) = tree.find(try RequestPath("/\(name)")) else {
            throw OpenFailure(code: ENOENT)
        }
        return FileCache.Entry(
            Representation(file.facts, mediaType: "a/b", content: .file(file), now: 0),
            named: bytes.map { CChar(bitPattern: $0) } + [0], in: tree, place, nil, lookedAt: 0)
    }

    @Test func closesFilesThatNobodyAsksFor() throws {
        let folder = try TemporaryFolder()
        for name in ["a", "b"] { try folder.write("text", to: name) }
        var cache = FileCache(maximumBytes: 8 << 20)
        for name in ["a", "b"] { cache.insert(try openEntry(name, in: folder.path), for: .init(host: 0, path: name)) }
        var counts: [Int] = []
        for name in ["a", "a", nil] {
            if let name { cache.entry(.init(host: 0, path: name))?.isUsed = true }
            let isAnyLeft = cache.closeUnused()
            #expect(isAnyLeft == (cache.count > 0))
            counts.append(cache.count)
        }
        #expect(counts == [2, 1, 0])
    }

    @Test func closesFilesThatWereDeleted() throws {
        let folder = try TemporaryFolder()
        try folder.write("text", to: "a")
        var cache = FileCache(maximumBytes: 8 << 20)
        cache.insert(try openEntry("a", in: folder.path), for: "a")
        unlink(folder["a"])
        let isAnyLeft = cache.closeUnused()
        #expect(!isAnyLeft)
        #expect(cache.count == 0)
    }

    @Test func keepsFewFilesOpen() throws {
        let folder = try TemporaryFolder()
        try folder.write("text", to: "a")
        var cache = FileCache(maximumBytes: Responder.maximumCacheBytes)
        for number in 0..<1000 {
            cache.insert(try openEntry("a", in: folder.path), for: .init(host: 0, path: "/\(number)"))
        }
        #expect(cache.count <= 64)
    }
}
