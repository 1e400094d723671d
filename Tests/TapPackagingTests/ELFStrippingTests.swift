import Glibc
@testable import TapPackaging
import Testing

@Suite struct ELFStrippingTests {
    /// A program of this machine with symbols, a comment and a section of a debugger.
    private func program(in folder: String) throws -> String {
        let path = folder + "/program"
        try write(Array("what a debugger reads".utf8), to: folder + "/debug")
        let made = try run(
            "objcopy", "--add-symbol", "here=.text:0,global", "--add-section", ".debug_info=\(folder)/debug",
            "--add-section", ".comment=\(folder)/debug", "/bin/echo", path)
        try #require(made.status == 0, "\(made.output)")
        return path
    }

    private func strip(_ path: String, to target: String) throws -> StrippedProgram {
        let program = try StrippedProgram(path)
        let bytes = try program.bytes()
        try write(bytes, to: target, mode: 0o755)
        #expect(bytes.count == program.size)
        return program
    }

    @Test func leavesNothingForDebuggers() throws {
        try withTemporaryFolder { folder in
            let path = try program(in: folder)
            #expect(try run("readelf", "-SW", path).output.contains(".symtab"))
            _ = try strip(path, to: folder + "/stripped")
            let sections = try run("readelf", "-SW", folder + "/stripped").output
            for name in [".symtab", ".strtab", ".debug_info", ".comment"] { #expect(!sections.contains(name)) }
            for name in [".dynsym", ".text", ".eh_frame", ".note.gnu.build-id", ".shstrtab"] {
                #expect(sections.contains(name))
            }
        }
    }

    @Test func runsAsBeforeAndIsWellFormed() throws {
        try withTemporaryFolder { folder in
            let path = try program(in: folder)
            _ = try strip(path, to: folder + "/stripped")
            #expect(try run(folder + "/stripped", "it", "runs").output == "it runs\n")
            let read = try run("sh", "-c", "readelf -aW '\(folder)/stripped' 2>&1 >/dev/null")
            #expect(read.output == "")
        }
    }

    @Test func strippedTwiceItIsTheSame() throws {
        try withTemporaryFolder { folder in
            _ = try strip(program(in: folder), to: folder + "/once")
            _ = try strip(folder + "/once", to: folder + "/twice")
            #expect(try contents(of: folder + "/once") == contents(of: folder + "/twice"))
        }
    }

    @Test func whatIsLoadedStaysWhereItIs() throws {
        try withTemporaryFolder { folder in
            let path = try program(in: folder)
            _ = try strip(path, to: folder + "/stripped")
            let (before, after) = (try contents(of: path), try contents(of: folder + "/stripped"))
            for segment in try ELFFile(path).segments {
                let range = segment.range.clamped(to: 64..<before.count)
                #expect(before[range] == after[range])
            }
        }
    }

    @Test func aProgramWithoutSectionsStaysOne() throws {
        try withTemporaryFolder { folder in
            let bytes = ELFText(needed: ["libc.so.6"]).bytes
            try write(bytes, to: folder + "/bare")
            _ = try strip(folder + "/bare", to: folder + "/stripped")
            #expect(try contents(of: folder + "/stripped") == bytes)
        }
    }

    @Test func aFileThatBecameShorterIsNotPacked() throws {
        try withTemporaryFolder { folder in
            let path = try program(in: folder)
            let tree = PackageTree(path: folder + "/tree", controlFolder: "CONTROL")
            try tree.begin()
            let file = PackageFile("/usr/lib/web/tapd", mode: 0o755, .program(try StrippedProgram(path)))
            #expect(truncate(path, 10_000) == 0)
            #expect(throws: PackagingError.changed(file: path)) { try tree.lay([file], digest: NoDigest.self) }
        }
    }
}
