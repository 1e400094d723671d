import Glibc
import TapTesting
import Taproom

@testable import TapWeb

/// Serves a folder around a piece of a test.
func serving<Result>(
    _ folder: TemporaryFolder, state: TestState = TestState(), change: (inout WebSettings) -> Void = { _ in },
    _ body: (RunningService) async throws -> Result
) async throws -> Result {
    var settings = WebSettings()
    settings.static = folder.local
    change(&settings)
    return try await withService(Web.self, settings: settings, state: state, body)
}

/// A folder with a few files.
func sampleFolder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.write("<h1>home</h1>", to: "index.html")
    try folder.write("hello", to: "hello.txt")
    try folder.write("inner", to: "sub/index.html")
    try folder.write("spaced", to: "sub/a b.txt")
    try folder.write("0123456789", to: "digits.bin")
    try folder.makeFolder("empty")
    return folder
}

/// Makes what was written look as if it had been there for long, so that it is kept in memory.
func age(_ path: String) {
    var times = [timespec(tv_sec: 1_000_000_000, tv_nsec: 5), timespec(tv_sec: 1_000_000_000, tv_nsec: 5)]
    utimensat(AT_FDCWD, path, &times, 0)
}
