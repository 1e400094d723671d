import Glibc
@testable import TapPackaging
import Taproom

/// A request that has no mistakes, with the parts a test is about.
func request(
    application: String = "web", user: String? = nil, group: String? = nil, endpoints: [Endpoint] = [.tcp(port: 8080)],
    name: String? = nil, version: String = "1.0", maintainer: String = "Ada Lovelace <ada@example.com>",
    summary: String? = nil, longDescription: String? = nil, date: Int = 1_700_000_000
) -> PackageRequest {
    PackageRequest(
        application: Application(name: application, user: user, group: group),
        description: "taproom: 1\nname: \(application)\nservices:\n  - kind: web\n    listen: tcp:8080\n",
        endpoints: endpoints, maintainer: maintainer, date: date, name: name, version: version, summary: summary,
        longDescription: longDescription)
}

extension DebianPackage {
    /// The text of a file as it lies in the tree; nil: there is none.
    func text(_ path: String) throws -> String? {
        var text: String?
        try withTemporaryFolder { folder in
            let tree = try PackageWriter(folder: folder).write(self).tree
            text = try? String(decoding: contents(of: tree + path), as: UTF8.self)
        }
        return text
    }
}

/// Runs a program of this machine and answers its exit status and what it wrote, errors included.
func run(_ words: String..., more: [String] = []) throws -> (status: Int32, output: String) {
    let words = words + more
    // A file and not a pipe: another test may start a program while this one's end is open.
    let path = "/tmp/taproom-output.\(getpid()).\(UInt64.random(in: 0 ... .max))"
    let file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw SystemCallError("create \(path)") }
    unlink(path)
    defer { close(file) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, file, 1)
    posix_spawn_file_actions_adddup2(&actions, file, 2)

    let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { arguments.forEach { free($0) } }
    var process = pid_t()
    let failure = posix_spawnp(&process, words[0], &actions, nil, arguments, environ)
    guard failure == 0 else { throw SystemCallError("run \(words[0])", code: failure) }

    var status: Int32 = 0
    waitpid(process, &status, 0)
    lseek(file, 0, SEEK_SET)
    let output = String(decoding: bytes(of: file), as: UTF8.self)
    return (status & 0x7f == 0 ? status >> 8 & 0xff : -1, output)
}

extension StrippedProgram {
    /// All of it.
    func bytes() throws -> [UInt8] {
        let reader = ContentReader(.program(self))
        var (bytes, piece) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 16))
        while true {
            let count = try piece.withUnsafeMutableBytes { try reader.read(into: $0) }
            guard count > 0 else { return bytes }
            bytes += piece[..<count]
        }
    }
}

extension Disk {
    /// Writes a file with exactly this mode and content.
    static func renew(_ path: String, mode: UInt16, content: [UInt8]) throws {
        let file = try RenewedFile(path)
        try content.withUnsafeBytes { try file.write($0) }
        try file.finish(mode: mode)
    }
}

/// Runs a body with a folder of its own, which is removed afterwards.
func withTemporaryFolder(_ body: (String) throws -> Void) throws {
    var template = Array("/tmp/taproom-tests.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemCallError("make a folder in /tmp") }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { try? Disk.removeTree(folder) }
    try body(folder)
}

/// The bytes of a file.
func contents(of path: String) throws -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw SystemCallError("open \(path)") }
    defer { close(file) }
    return bytes(of: file)
}

private func bytes(of file: Int32) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
        let count = read(file, &buffer, buffer.count)
        guard count > 0 else { return bytes }
        bytes += buffer[..<count]
    }
}
