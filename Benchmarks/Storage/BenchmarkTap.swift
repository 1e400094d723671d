import Glibc
import Logging
import TapFile
import Taproom

/// What is stored in most measurements: as Benchmarks/sqlite-loop.c stores bytes of the same size.
struct Visit: Codable, Sendable {
    var count: Int
    var page: String
    var agent: String
    private static let someAgent = String(repeating: "x", count: 64)

    init(number: Int) {
        count = 1_000_000 + number
        page = "/articles/2024/storage"
        agent = Visit.someAgent
    }
}

/// How many keys rows are spread over.
let keys = 100_000

/// The tables of the measurements.
enum Tables {
    static let always = Table("visits", of: Visit.self, by: Int.self, durability: .always)
    static let late = Table("visits", of: Visit.self, by: Int.self, durability: .everySecond)
    static let snapped = Table("rows", of: String.self, by: Int.self, durability: .snapshot)
    static let served = Table("served", of: String.self, by: String.self, durability: .always)
    static let servedLate = Table("served", of: String.self, by: String.self, durability: .everySecond)
}

let authorship = Authorship(author: "benchmark", origin: "storage-benchmark")

/// Makes a tap with one service, unless there is one, and opens it.
func openTap(_ path: String) throws -> Tap {
    if access(path, F_OK) != 0 {
        let service = ServiceDefinition(name: "service", kind: "benchmark")
        try Tap.make(path, Application(name: "benchmark", services: [service]), by: authorship)
    }
    return try Tap(opening: path, for: .writing)
}

/// Opens a tap as a running application does.
func withService(of path: String, _ body: (ServiceContext, TapWriter) async throws -> Void) async throws {
    let tap = try openTap(path)
    try tap.openReadingConnection()
    let writer = try TapWriter(tap)
    let context = ServiceContext(
        name: "service", logger: Logger(label: "benchmark") { _ in SwiftLogNoOpLogHandler() }, listeners: [],
        identity: 1, store: writer)
    try await body(context, writer)
    try await writer.close()
}

extension Duration {
    var milliseconds: Double { self / .milliseconds(1) }
}
