import Glibc
@testable import TapFile
import TapTesting
import Taproom
import Testing

@Suite struct OpeningTests {
    private func error(_ path: String, for access: Tap.Access = .writing) -> TapFileError? {
        tapError { try Tap(opening: path, for: access).close() }
    }

    @Test(arguments: [Tap.Access.writing, .reading])
    func namesWhatIsThereInsteadOfATap(access: Tap.Access) throws {
        try withTemporaryFolder { folder in
            let path = folder + "/a.tap"
            #expect(error(path, for: access) == .missing(path: path))
            #expect(error("/etc/passwd/a.tap", for: access) == .missing(path: "/etc/passwd/a.tap"))
            #expect(error(folder, for: access) == .notAFile(path: folder, what: "a folder"))
            #expect(error("/dev/null", for: access) == .notAFile(path: "/dev/null", what: "a device"))
            mkfifo(path, 0o600)
            #expect(error(path, for: access) == .notAFile(path: path, what: "a FIFO"))
            #expect(symlink("nowhere", folder + "/link") == 0)
            #expect(error(folder + "/link", for: access) == .missing(path: folder + "/link"))
        }
    }

    @Test(arguments: [
        ("", "it is empty"), ("Hello, this is no tap.", "it is no SQLite file"), ("x", "it is no SQLite file"),
        (String(repeating: "\0", count: 5000), "it is no SQLite file"),
    ])
    func refusesFilesOfAnotherSortAndLeavesThem(content: String, found: String) throws {
        try withTemporaryFolder { folder in
            let path = folder + "/a.tap"
            try write(Array(content.utf8), to: path)
            #expect(error(path) == .notATap(path: path, found: found))
            #expect(error(path)?.exitStatus == .badData)
            try #expect(bytes(of: path) == Array(content.utf8))
            try #expect(names(in: folder) == ["a.tap"])
        }
    }

    @Test func refusesADatabaseOfSomebodyElse() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/a.tap"
            try write(try foreignDatabase(), to: path)
            #expect(error(path) == .notATap(path: path, found: "it is an SQLite file of another program"))
        }
    }

    private func foreignDatabase() throws -> [UInt8] {
        let database = try Database("other", .memory)
        try database.execute("CREATE TABLE a (b)")
        return try database.serialized()
    }

    @Test func refusesEveryTruncatedTapAndLeavesIt() throws {
        try withTap { path in
            let whole = try bytes(of: path)
            let lengths = Array(0..<120) + Array(stride(from: 120, to: whole.count, by: 509)) + [whole.count - 1]
            for length in lengths {
                try write(Array(whole.prefix(length)), to: path)
                let error = error(path)
                switch error {
                case .notATap where length == 0: break
                case .damaged where length > 0: break
                default: Issue.record("\(length) bytes: \(String(describing: error))")
                }
                try #expect(bytes(of: path).count == length)
            }
        }
    }

    @Test func refusesANewerFormat() throws {
        try withTap { path in
            let tap = try Tap(opening: path, for: .writing)
            try tap.database.execute("UPDATE about SET value = '7' WHERE key = 'minimumReader'")
            try tap.close()

            let before = try bytes(of: path)
            #expect(error(path) == .newerFormat(path: path, format: 7, known: 2))
            #expect(error(path)?.description == "\(path): was written in format 7, and this program knows format 2")
            try #expect(bytes(of: path) == before)
        }
    }

    @Test func saysThatItIsNotPermitted() throws {
        // Root may do everything.
        guard geteuid() != 0 else { return }
        try withTap { path in
            chmod(path, 0)
            #expect(error(path) == .notPermitted(path: path, action: "open it"))
        }
    }

    @Test func readersShareATapAndAWriterDoesNot() throws {
        try withTap { path in
            let first = try Tap(opening: path, for: .reading)
            let second = try Tap(opening: path, for: .reading)
            try #expect(first.application() == second.application())
            try first.close()
            try second.close()
        }
    }

    @Test(arguments: [Tap.Access.writing, .reading])
    func namesTheProcessThatHasTheTap(access: Tap.Access) throws {
        try withTap { path in
            let tap = try Tap(opening: path, for: .writing)
            guard case .inUse(_, let holder)? = error(path, for: access) else { throw TapFileError.missing(path: path) }
            #expect(holder.process == Int(getpid()))
            #expect(!holder.isReader)
            #expect(holder.since.map { abs($0 - time(nil)) < 86_400 } == true)
            #expect(holder.description.hasPrefix("process \(getpid()), since 20"))
            try tap.close()
        }
    }

    @Test func aRefusedTapClosesNothingOfOthers() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/a.tap"
            try Tap.make(path, application(), by: ada)
            let tap = try Tap(opening: path, for: .writing)
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    for _ in 0..<300 { #expect(throws: TapFileError.self) { try TapLock(path, .writing) } }
                }
                group.addTask {
                    for _ in 0..<30_000 {
                        let file = open("/dev/null", O_RDONLY | O_CLOEXEC)
                        // A number that somebody else has closed meanwhile is a bad one.
                        if close(file) != 0 { Issue.record("descriptor \(file) was closed by somebody else") }
                    }
                }
            }
            try tap.close()
        }
    }

    @Test func aDatabaseThatCannotBeOpenedIsAnError() {
        for _ in 0..<100 {
            let error = #expect(throws: TapFileError.self) { try Database("/nowhere/a.tap", .readWrite) }
            #expect(
                error?.description
                    == "/nowhere/a.tap: cannot be read or written: unable to open database file: no such file or directory"
            )
        }
    }

    @Test func theRightToATapIsFreeAgainWhenItsProcessIsKilled() throws {
        try withTap { path in
            var ready: [CInt] = [0, 0]
            #expect(pipe(&ready) == 0)
            let script = "exec 9<'\(path)'; flock -x 9; echo; exec sleep 600"
            let child = try start(["/bin/sh", "-c", script], output: ready[1])
            close(ready[1])
            var byte: UInt8 = 0
            #expect(read(ready[0], &byte, 1) == 1)
            close(ready[0])
            let refusal = error(path)
            kill(child, SIGKILL)
            waitpid(child, nil, 0)
            // The kernel names flock(1), which took the lock and is gone; the shell has kept it.
            guard case .inUse(_, let holder)? = refusal else { throw TapFileError.missing(path: path) }
            #expect(!holder.isReader)
            #expect(error(path) == nil)
        }
    }

    private func start(_ arguments: [String], output: CInt) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        var pointers = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var child: pid_t = 0
        #expect(posix_spawn(&child, arguments[0], &actions, nil, &pointers, environ) == 0)
        return child
    }

    @Test func readingWritesNothing() throws {
        try withTap { path in
            let before = try bytes(of: path)
            let tap = try Tap(opening: path, for: .reading)
            _ = try tap.application()
            try #expect(tap.integrityFindings() == [])
            #expect(throws: (any Error).self) { try tap.set(1) }
            try tap.close()
            try #expect(bytes(of: path) == before)
            try #expect(names(in: String(path.dropLast("/site.tap".count))) == ["site.tap"])
        }
    }

    @Test func afterCloseTheSingleFileIsComplete() throws {
        try withTap { path in
            let tap = try Tap(opening: path, for: .writing)
            for number in 1...50 { try tap.set(Int64(number)) }
            try #expect(names(in: String(path.dropLast("/site.tap".count))).contains("site.tap-wal"))
            try tap.close()
            try #expect(names(in: String(path.dropLast("/site.tap".count))) == ["site.tap"])

            try write(try bytes(of: path), to: path + ".copy")
            let copy = try Tap(opening: path + ".copy", for: .reading)
            try #expect(copy.number() == 50)
        }
    }

    @Test(arguments: [Tap.Access.writing, .reading], [true, false])
    func whatWasCommittedBeforeACrashIsFound(access: Tap.Access, isIndexLeft: Bool) throws {
        try withTap { path in
            let tap = try Tap(opening: path, for: .writing)
            try tap.set(41)
            _ = try tap.change(to: application(service("web", greeting: "Bye")))
            try tap.set(42)
            let crashed = path + ".crashed"
            for ending in isIndexLeft ? ["", "-wal", "-shm"] : ["", "-wal"] {
                try write(try bytes(of: path + ending), to: crashed + ending)
            }
            try tap.close()
            let found = try Tap(opening: crashed, for: access)
            try #expect((found.number(), found.number(at: 2), found.greeting()) == (42, 41, "Bye"))
            try found.close()
        }
    }

    @Test func aLogThatIsCutOffAnywhereShowsAnEarlierState() throws {
        try withTap { path in
            let tap = try Tap(opening: path, for: .writing)
            let file = try bytes(of: path)
            for number in 1...20 { try tap.set(Int64(number)) }
            let log = try bytes(of: path + "-wal")
            try tap.close()
            var last: Int64 = 0
            for length in stride(from: 0, through: log.count, by: 1511) {
                let crashed = path + ".\(length)"
                try write(file, to: crashed)
                try write(Array(log.prefix(length)), to: crashed + "-wal")
                let found = try Tap(opening: crashed, for: .writing)
                let number = try found.number() ?? 0
                #expect(number >= last)
                last = number
                try found.close()
            }
        }
    }
}
