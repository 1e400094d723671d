import Glibc

/// Runs a body with a new folder of its own, and removes the folder with all that is in it afterwards.
///
/// - Parameter body: is given the path of the folder, without a slash at its end.
/// - Returns: what the body returns.
/// - Throws: what the body throws.
public func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    return try body(folder.path)
}

/// Runs an asynchronous body with a new folder of its own, and removes the folder with all that is in it afterwards.
///
/// - Parameters:
///   - isolation: the actor of the caller, where the body runs too.
///   - body: is given the path of the folder, without a slash at its end.
/// - Returns: what the body returns.
/// - Throws: what the body throws.
public func withTemporaryFolder<Result>(
    isolation: isolated (any Actor)? = #isolation, _ body: (String) async throws -> Result
) async throws -> Result {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    return try await body(folder.path)
}

/// A folder in the place for temporary files.
private struct TemporaryFolder {
    let path: String

    init() {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/taproom-test-XXXXXX".utf8CString)
        // Without a folder no test means anything, and there is nobody to tell.
        precondition(
            mkdtemp(&template) != nil, "cannot make a folder in \(parent): \(String(cString: strerror(errno)))")
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func remove() { TemporaryFolder.remove(path) }

    private static func remove(_ path: String) {
        for name in names(in: path) { remove("\(path)/\(name)") }
        _ = Glibc.remove(path)
    }

    /// What is in a folder; nothing in what is none.
    ///
    /// Links are not followed.
    private static func names(in path: String) -> [String] {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0, let folder = fdopendir(descriptor) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
