import Glibc
import NIOCore
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
            tree: tree, place: place, fileName: [0],
            representation: Representation(FileFacts(stat()), mediaType: "a/b", content: content, now: 0))
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
}
