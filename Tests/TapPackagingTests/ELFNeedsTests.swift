@testable import TapPackaging
import struct TapTesting.SeededGenerator
import Taproom
import Testing

@Suite struct ELFNeedsTests {
    @Test func readsWhatTheLoaderIsTold() throws {
        try withTemporaryFolder { folder in
            var text = ELFText(name: "libown.so.1", needed: ["libc.so.6", "libz.so.1"], runPath: "/opt/lib:$ORIGIN")
            text.versions = [
                ("libc.so.6", ["GLIBC_2.2.5", "GLIBC_2.34", "~GLIBC_2.99"]), ("libz.so.1", ["ZLIB_1.2.0"]),
            ]
            try write(text.bytes, to: folder + "/own")
            let file = try ELFFile(folder + "/own")
            let needs = try ELFNeeds(of: file)
            #expect(try file.interpreter == "/lib64/ld-linux-x86-64.so.2")
            #expect(needs.name == "libown.so.1")
            #expect(needs.libraries == ["libc.so.6", "libz.so.1"])
            #expect(needs.runPath == ["/opt/lib", "$ORIGIN"])
            #expect(needs.versions == ["libc.so.6": ["GLIBC_2.2.5", "GLIBC_2.34"], "libz.so.1": ["ZLIB_1.2.0"]])
        }
    }

    @Test func readsAProgramOfThisMachineAsReadelfDoes() throws {
        let dynamic = try run("readelf", "-dW", "/bin/ls").output
        let versions = try run("readelf", "-VW", "/bin/ls").output
        let needs = try ELFNeeds(of: ELFFile("/bin/ls"))
        #expect(!needs.libraries.isEmpty)
        #expect(dynamic.components(of: "Shared library: [", "]") == needs.libraries)
        #expect(Set(versions.components(of: "  Name: ", "  ")) == Set(needs.versions.values.joined()))
    }

    @Test func refusesWhatIsNoProgram() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/script"
            try write(Array("#!/bin/sh\n".utf8) + [UInt8](repeating: 32, count: 100), to: path)
            #expect(throws: PackagingError.program(path: path, problem: .notELF)) { try ELFFile(path) }
            #expect(throws: PackagingError.program(path: folder, problem: .notELF)) { try ELFFile(folder) }
            try write(ELFText(machine: 8).bytes, to: folder + "/mips")
            #expect(throws: PackagingError.program(path: folder + "/mips", problem: .machine(8))) {
                try ELFFile(folder + "/mips").architecture
            }
        }
    }

    @Test func readsDamagedFilesWithoutCrashing() throws {
        var random = SeededGenerator(seed: 62)
        let whole = ELFText(needed: ["libc.so.6"], runPath: "$ORIGIN").bytes
        try withTemporaryFolder { folder in
            let real = try contents(of: "/bin/true")
            for round in 0..<400 {
                var bytes = round % 2 == 0 ? whole : real
                for _ in 0...random.next(below: 4) {
                    // Headers and tables are at the beginning and at the end.
                    let place = random.next(below: 2) == 0 ? 0 : bytes.count - min(bytes.count, 2000)
                    bytes[place + random.next(below: min(bytes.count - place, 800))] = UInt8(random.next(below: 256))
                }
                if random.next(below: 8) == 0 { bytes.removeLast(random.next(below: bytes.count)) }
                let path = "\(folder)/\(round)"
                try write(bytes, to: path)
                do {
                    let file = try ELFFile(path)
                    _ = try (file.interpreter, ELFNeeds(of: file), StrippedProgram(file).bytes())
                } catch is PackagingError, is SystemCallError {}
            }
        }
    }
}

extension String {
    /// What stands between two texts, wherever it does.
    fileprivate func components(of start: String, _ end: String) -> [String] {
        split(separator: "\n").compactMap { line in
            guard let from = line.firstRange(of: start)?.upperBound,
                let to = line[from...].firstRange(of: end)?.lowerBound
            else {
                return nil
            }
            return String(line[from..<to])
        }
    }
}
