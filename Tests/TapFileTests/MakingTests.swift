import Glibc
import TapFile
import TapTesting
import Taproom
import Testing

@Suite struct MakingTests {
    @Test(arguments: [0, 0o022, 0o777] as [mode_t])
    func aTapIsForItsOwnerOnly(mask: mode_t) throws {
        try withTemporaryFolder { folder in
            try withMask(mask) { try Tap.make(folder + "/a.tap", application(), by: ada) }
            var file = stat()
            #expect(stat(folder + "/a.tap", &file) == 0)
            #expect(file.st_mode & 0o7777 == 0o600)
            try #expect(names(in: folder) == ["a.tap"])
        }
    }

    @Test func anExistingFileIsRefusedAndLeftAsItIs() throws {
        try withTap { path in
            let before = try bytes(of: path)
            #expect(tapError { try Tap.make(path, application(), by: ada) } == .exists(path: path))
            try #expect(bytes(of: path) == before)
            try #expect(names(in: String(path.dropLast("/site.tap".count))) == ["site.tap"])
        }
    }

    @Test func anyExistingFileIsReplacedWhenAskedFor() throws {
        try withTemporaryFolder { folder in
            try write(Array("some text".utf8), to: folder + "/a.tap")
            try Tap.make(folder + "/a.tap", application(service("new")), replacing: true, by: ada)
            try Tap.make(folder + "/b.tap", application(), replacing: true, by: ada)
            let tap = try Tap(opening: folder + "/a.tap", for: .reading)
            try #expect(tap.application() == application(service("new")))
            try #expect(names(in: folder) == ["a.tap", "b.tap"])
        }
    }

    @Test func aTapThatRunsIsNotReplaced() throws {
        try withTap { path in
            let tap = try Tap(opening: path, for: .writing)
            let error = tapError { try Tap.make(path, application(), replacing: true, by: ada) }
            guard case .inUse = error else { throw error ?? .missing(path: path) }
            try tap.close()

        }
    }

    @Test func theLogOfTheReplacedTapIsNotReadIntoTheNewOne() throws {
        try withTap { path in
            try leaveLog(of: path)
            try Tap.make(path, application(service("new")), replacing: true, by: ada)
            let tap = try Tap(opening: path, for: .writing)
            try #expect(tap.application() == application(service("new")))
            try tap.close()
        }
    }

    @Test(.enabled(if: geteuid() == 0)) func aFailedReplacementLosesNothingOfTheOldTapsLog() throws {
        try withTinyDisk { folder in
            let path = folder + "/a.tap"
            try Tap.make(path, application(service("web")), by: ada)
            try leaveLog(of: path)
            try fill(folder)
            #expect(tapError { try Tap.make(path, application(), replacing: true, by: ada) } != nil)
            unlink(folder + "/filling")
            let tap = try Tap(opening: path, for: .writing)
            try #expect(tap.greeting() == "from the log")
            try tap.close()
        }
    }

    @Test func aMissingFolderIsAnError() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/none/a.tap"
            #expect(
                tapError { try Tap.make(path, application(), by: ada) }?.description
                    == "\(path): cannot be made: no such file or directory")
        }
    }

    @Test func aFolderInThePlaceIsNotReplaced() throws {
        try withTemporaryFolder { folder in
            mkdir(folder + "/a.tap", 0o700)
            #expect(
                tapError { try Tap.make(folder + "/a.tap", application(), by: ada) } == .exists(path: folder + "/a.tap")
            )
            #expect(tapError { try Tap.make(folder + "/a.tap", application(), replacing: true, by: ada) } != nil)
            let left = try names(in: folder)
            #expect(left == ["a.tap"])
        }
    }

    @Test func aFolderThatMayNotBeWrittenIsAnError() throws {
        try withTemporaryFolder { folder in
            chmod(folder, 0o500)
            let error = try asNobody(owning: folder) {
                tapError { try Tap.make(folder + "/a.tap", application(), by: ada) }
            }
            #expect(error?.description == "\(folder)/a.tap: cannot be made: permission denied")
            #expect(error?.exitStatus == .cannotCreate)
        }
    }

    @Test(.enabled(if: geteuid() == 0)) func aFullDiskLeavesNothingBehind() throws {
        try withTinyDisk { folder in
            try fill(folder)
            let error = tapError { try Tap.make(folder + "/a.tap", application(), by: ada) }
            #expect(error?.description == "\(folder)/a.tap: cannot be made: no space left on device")
            try #expect(names(in: folder) == ["filling"])
        }
    }

    @Test(.enabled(if: geteuid() == 0)) func aFullDiskKeepsTheTapThatWasToBeReplaced() throws {
        try withTinyDisk { folder in
            let path = folder + "/a.tap"
            try Tap.make(path, application(service("old")), by: ada)
            let before = try bytes(of: path)
            try fill(folder)
            #expect(tapError { try Tap.make(path, application(), replacing: true, by: ada) } != nil)
            try #expect(bytes(of: path) == before)
            try #expect(names(in: folder) == ["a.tap", "filling"])
        }
    }

    private func fill(_ folder: String) throws {
        let file = try #require(fopen(folder + "/filling", "w"))
        setvbuf(file, nil, _IONBF, 0)
        let block = [UInt8](repeating: 1, count: 4096)
        while fwrite(block, 1, block.count, file) == block.count {}
        fclose(file)
    }

    @Test func theDescriptionItWasMadeFromIsKept() throws {
        try withTemporaryFolder { folder in
            let base = BaseDescription(name: "site.yaml", text: "taproom: 1\n")
            try Tap.make(folder + "/a.tap", application(), base: base, by: ada)
            let tap = try Tap(opening: folder + "/a.tap", for: .reading)
            try #expect(tap.base() == base)
            try #expect(tap.history().map(\.kind) == [.made])
        }
    }

    /// Changes the greeting in such a way that the change is in the log only, as after a crash.
    private func leaveLog(of path: String) throws {
        let tap = try Tap(opening: path, for: .writing)
        _ = try tap.change(to: application(service("web", greeting: "from the log")))
        let (file, log) = (try bytes(of: path), try bytes(of: path + "-wal"))
        try tap.close()
        try write(file, to: path)
        try write(log, to: path + "-wal")
    }

}
