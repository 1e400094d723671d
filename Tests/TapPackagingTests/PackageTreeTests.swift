import Glibc
@testable import TapPackaging
import Testing

/// The tree of an earlier package becomes that of the next one, whatever was done to it.
@Suite struct PackageTreeTests {
    private func lay(_ files: [PackageFile], in folder: String) throws {
        let tree = PackageTree(path: folder + "/tree", controlFolder: "CONTROL")
        try tree.begin()
        _ = try tree.lay(files, digest: NoDigest.self)
        _ = try tree.layControl([PackageFile("/about", text: "\(files.count)\n")])
    }

    /// What is in a tree, a line each: type, mode, content or target.
    private func listing(_ folder: String) throws -> String {
        let find = "cd '\(folder)/tree' && find . \\( -type f -printf '%y %m %p ' -exec cat {} ';' \\) "
        return try run("sh", "-c", find + "-o -printf '%y %m %p %l\\n' | LC_ALL=C sort").output
    }

    private var files: [PackageFile] {
        [
            PackageFile("/a/text", text: "one\n"), PackageFile("/a/run", mode: 0o755, text: "two\n"),
            PackageFile("/b/empty", text: ""), .link("/b/link", to: "../a/text"), .folder("/c"),
        ]
    }

    @Test(arguments: [
        "true", "echo longer than before >a/text", ": >a/text", "chmod 600 a/text", "rm a/text", "rm -r a",
        "rm a/text && mkdir -p a/text/in", "rm b/link && mkdir -p b/link/in", "rm -r c && echo c >c",
        "ln -sf run a/text", "rm b/link && cp a/text b/link", "mkdir -p d/e && echo f >d/e/f", "ln -s / d",
        "rm CONTROL/about",
        "echo more >CONTROL/more", "rm a/text && mkfifo a/text", "printf onE >a/text",
    ])
    func isTheSameWhateverWasThere(_ change: String) throws {
        try withTemporaryFolder { folder in
            try lay(files, in: folder)
            let first = try listing(folder)
            #expect(try run("sh", "-c", "cd '\(folder)/tree' && " + change).status == 0)
            try lay(files, in: folder)
            #expect(try listing(folder) == first)
        }
    }

    @Test func nothingIsWrittenOutsideOfIt() throws {
        try withTemporaryFolder { folder in
            try lay(files, in: folder)
            let outside = folder + "/outside"
            let change = """
                cp -r tree/a outside && echo mine >outside/text && rm -r tree/a && ln -s ../outside tree/a
                echo mine >hard && ln -f hard tree/b/empty
                mkdir control && echo mine >control/about && rm -r tree/CONTROL && ln -s ../control tree/CONTROL
                """
            #expect(try run("sh", "-ec", "cd '\(folder)'; " + change).status == 0)
            try lay(files, in: folder)
            for path in [outside + "/text", folder + "/hard", folder + "/control/about"] {
                #expect(try contents(of: path) == Array("mine\n".utf8))
            }
            #expect(try contents(of: folder + "/tree/a/text") == Array("one\n".utf8))
        }
    }

    @Test func whatIsThereAlreadyIsNotWrittenAgain() throws {
        try withTemporaryFolder { folder in
            let large = [UInt8](repeating: 7, count: 1 << 20)
            try Disk.renew(folder + "/large", mode: 0o600, content: large)
            let files = files + [PackageFile("/a/large", .file(folder + "/large"))]
            try lay(files, in: folder)
            #expect(
                try run("touch", "-d", "@1000000000", folder + "/tree/a/large", folder + "/tree/a/text").status == 0)
            try lay(files, in: folder)
            var status = stat()
            for name in ["large", "text"] {
                #expect(stat("\(folder)/tree/a/\(name)", &status) == 0 && status.st_mtim.tv_sec == 1_000_000_000)
            }
            try Disk.renew(folder + "/large", mode: 0o600, content: Array(large.dropLast()) + [8])
            try lay(files, in: folder)
            #expect(try contents(of: folder + "/tree/a/large").last == 8)
        }
    }
}
