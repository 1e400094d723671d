import Glibc
import TapData
@testable import TapFile
import TapTesting
import Taproom
import Testing

let ada = Authorship(author: "ada", origin: "test")

/// A service with one setting.
func service(
    _ name: String, greeting: String = "Hello", kind: String = "greeter", services: [ServiceDefinition] = []
) -> ServiceDefinition {
    ServiceDefinition(name: name, kind: kind, settings: ["greeting": .string(greeting)], services: services)
}

func application(_ services: ServiceDefinition...) -> Application { Application(name: "site", services: services) }

func value(_ number: Int64) -> StoredValue { StoredValue(version: 1, bytes: CBOR.encode(.integer(number))) }

/// Runs a body with the path of a new tap.
func withTap<Result>(
    _ application: Application = application(service("web")), _ body: (String) throws -> Result
) throws -> Result {
    try withTemporaryFolder { folder in
        try Tap.make(folder + "/site.tap", application, by: ada)
        return try body(folder + "/site.tap")
    }
}

/// Runs a body with a new tap that is open for writing, and closes it.
func withOpenTap<Result>(
    _ application: Application = application(service("web")), _ body: (Tap) throws -> Result
) throws -> Result {
    try withTap(application) { path in
        let tap = try Tap(opening: path, for: .writing)
        let result = try body(tap)
        try tap.close()
        return result
    }
}

extension Tap {
    /// Stores an application as a revision, and answers its number, or nil when nothing differed.
    func change(to application: Application, status: Revision.Status = .active) throws -> Int? {
        try commit { try store(application) ? addRevision(.change, status: status, by: ada) : nil }
    }

    func set(_ number: Int64, cell: String = "count", of path: String = "web") throws {
        try commit { try setState(address(path, cell), value(number)) }
    }

    func address(_ path: String, _ cell: String = "count") throws -> StateAddress {
        StateAddress(service: try #require(try identities()[path]), cell: cell)
    }

    func snapshot(_ name: String? = nil) throws -> Int {
        try commit { try addRevision(.snapshot, snapshot: name, by: ada) }
    }

    func rollBack(_ target: Int, _ scope: RollbackScope = RollbackScope()) throws -> Int? {
        try commit { try rollBack(to: target, scope, by: ada) }
    }

    /// What the cell of a service holds, at a revision or now.
    func number(_ path: String = "web", cell: String = "count", at revision: Int? = nil) throws -> Int64? {
        guard let identity = try identities(at: revision)[path] else { return nil }
        let entry = try state(at: revision).first { $0.address == StateAddress(service: identity, cell: cell) }
        guard case .integer(let number)? = try entry?.datum() else { return nil }
        return number
    }

    func greeting(_ path: String = "web", at revision: Int? = nil) throws -> String? {
        try application(at: revision).service(at: path)?.settings["greeting"]?.string
    }

    func count(_ table: String) throws -> Int {
        try database.rows("SELECT count(*) FROM \(table)") { Int($0.integer(0)) }[0]
    }

    func statuses() throws -> [Revision.Status] { try history().map(\.status) }
}

/// What a body throws, as a tap's error.
func tapError(_ body: () throws -> Void) -> TapFileError? {
    do {
        try body()
        return nil
    } catch {
        return error as? TapFileError
    }
}

func bytes(of path: String) throws -> [UInt8] {
    let file = try #require(fopen(path, "r"))
    defer { fclose(file) }
    fseek(file, 0, SEEK_END)
    var content = [UInt8](repeating: 0, count: ftell(file))
    rewind(file)
    let count = fread(&content, 1, content.count, file)
    return Array(content.prefix(count))
}

func write(_ content: [UInt8], to path: String) throws {
    let file = try #require(fopen(path, "w"))
    defer { fclose(file) }
    #expect(fwrite(content, 1, content.count, file) == content.count)
}

func names(in folder: String) throws -> [String] {
    let directory = try #require(opendir(folder))
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
}
