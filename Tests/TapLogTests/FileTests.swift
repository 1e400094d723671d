import Glibc
import Logging
@testable import TapLog
import TapTesting
import Taproom
import Testing

@Suite struct FileTests {
    /// Each is a line of this many bytes in the file.
    private func write(_ numbers: ClosedRange<Int>, _ logger: Logger) {
        for number in numbers { logger.notice("event", metadata: ["number": "\(number)"]) }
    }

    private func numbers(_ path: String) -> [Int] {
        lines(of: path).compactMap { $0.split(separator: "=").last.flatMap { Int($0) } }
    }

    /// The length of ``write(_:_:)``'s lines with numbers of two digits.
    private let lineBytes: Int64 = 25 + 24

    @Test func isPutAsideBeforeItGetsTooLarge() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/log"
            write(10...24, try output(path, size: lineBytes * 4 + 1, keep: 2).logger("test"))
            #expect(numbers(path) == [22, 23, 24])
            #expect(numbers(path + ".1") == [18, 19, 20, 21])
            #expect(numbers(path + ".2") == [14, 15, 16, 17])
            #expect(!exists(path + ".3"))
            #expect(!exists(path + ".new"))
        }
    }

    @Test func countsWhatWasThereBefore() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/log"
            for number in 10...14 { write(number...number, try output(path, size: lineBytes * 3).logger("test")) }
            #expect(numbers(path) == [13, 14])
            #expect(numbers(path + ".1") == [10, 11, 12])
        }
    }

    @Test func aLineThatIsTooLongGetsAFileOfItsOwn() throws {
        try withTemporaryFolder { folder in
            let log = try output(folder + "/log", size: 100, keep: 9)
            let long = String(repeating: "x", count: 200)
            for _ in 1...3 { log.logger("test").notice("\(long)") }
            #expect([folder + "/log", folder + "/log.1", folder + "/log.2"].map { lines(of: $0).count } == [1, 1, 1])
            #expect(!exists(folder + "/log.3"))
        }
    }

    @Test func keepsNoneWhenNoneAreWanted() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/log"
            write(10...15, try output(path, size: lineBytes * 4, keep: 0).logger("test"))
            #expect(numbers(path) == [14, 15])
            #expect(!exists(path + ".1"))
        }
    }

    @Test func removesThoseThatAreTooManyNow() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/log"
            write(10...15, try output(path, size: lineBytes, keep: 5).logger("test"))
            #expect(exists(path + ".5"))
            write(16...16, try output(path, size: lineBytes, keep: 2).logger("test"))
            #expect([1, 2, 3, 4, 5].filter { exists("\(path).\($0)") } == [1, 2])
            #expect(numbers(path + ".2") == [14])
        }
    }

    @Test func growsWithoutEndWhenNoSizeIsGiven() throws {
        try withTemporaryFolder { folder in
            write(10...99, try output(folder + "/log").logger("test"))
            #expect(numbers(folder + "/log") == Array(10...99))
            #expect(!exists(folder + "/log.1"))
        }
    }

    @Test func aSignalPutsTheFileAside() throws {
        try withTemporaryFolder { folder in
            let log = try output(folder + "/log", keep: 2)
            for number in 10...13 {
                write(number...number, log.logger("test"))
                log.reopen()
            }
            #expect(numbers(folder + "/log") == [])
            #expect(exists(folder + "/log"))
            #expect(numbers(folder + "/log.1") == [13])
            #expect(numbers(folder + "/log.2") == [12])
            #expect(!exists(folder + "/log.3"))
        }
    }

    @Test(arguments: ["moved", "removed", "moved and made again"])
    func goesBackToItsPathAfterTheFileWas(what: String) throws {
        try withTemporaryFolder { folder in
            let path = folder + "/log"
            let log = try output(path)
            write(10...11, log.logger("test"))
            if what == "removed" { unlink(path) } else { rename(path, folder + "/old") }
            if what == "moved and made again" { close(open(path, O_WRONLY | O_CREAT, 0o600)) }
            write(12...12, log.logger("test"))
            #expect(numbers(path) == [])
            log.reopen()
            write(13...13, log.logger("test"))
            #expect(numbers(path) == [13])
            #expect(!exists(path + ".1"))
            #expect(numbers(folder + "/old") == (what == "removed" ? [] : [10, 11, 12]))
        }
    }

    @Test func twoProcessesPutItAsideOnce() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/log"
            let (one, other) = (try output(path, size: lineBytes * 3), try output(path, size: lineBytes * 3))
            write(10...12, one.logger("test"))
            write(13...13, one.logger("test"))
            write(14...17, other.logger("test"))
            #expect(numbers(path + ".1") == [10, 11, 12, 14, 15, 16])
            #expect(numbers(path) == [13, 17])
            #expect(!exists(path + ".2"))
        }
    }

    @Test func nothingIsLostWhenItCannotBePutAside() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/log"
            // A folder in the way of the new file is in root's way too.
            mkdir(path + ".new", 0o700)
            let log = try output(path, size: lineBytes * 3)
            write(10...30, log.logger("test"))
            log.reopen()
            log.reopen()
            write(31...31, log.logger("test"))
            #expect(numbers(path) == Array(10...31))
            let warnings = lines(of: path).filter { $0.hasPrefix("warning") }
            #expect(
                warnings == [
                    "warning: the log cannot be put aside and grows error=\"cannot make \(path).new: file exists\" file=\(path)"
                ])
            #expect(log.recent.newest(100).filter { $0.level == .warning }.count == 1)
            rmdir(path + ".new")
            log.reopen()
            write(32...32, log.logger("test"))
            #expect(numbers(path) == [32])
        }
    }

    @Test func goesOnInAFileWhosePathIsGone() throws {
        try withTemporaryFolder { folder in
            mkdir(folder + "/logs", 0o700)
            let log = try output(folder + "/logs/log", size: lineBytes * 3)
            write(10...10, log.logger("test"))
            rename(folder + "/logs", folder + "/elsewhere")
            log.reopen()
            write(11...19, log.logger("test"))
            #expect(numbers(folder + "/elsewhere/log") == Array(10...19))
            let warnings = lines(of: folder + "/elsewhere/log").filter { $0.hasPrefix("warning") }
            #expect(warnings.count == 1)
            #expect(warnings.first?.contains("the log goes on in the file that was moved away") == true)
        }
    }

    @Test func isForItsOwnerAndTheGroup() throws {
        try withTemporaryFolder { folder in
            let log = try output(folder + "/log")
            let mask = umask(0)
            umask(mask)
            for _ in 1...2 {
                var file = stat()
                #expect(stat(folder + "/log", &file) == 0)
                #expect(file.st_mode & 0o777 == 0o640 & ~mask)
                log.reopen()
            }
        }
    }

    @Test(.enabled(if: geteuid() == 0)) func isGivenToAnAccount() throws {
        try withTemporaryFolder { folder in
            let log = try output(folder + "/log")
            try log.give(toUser: 65534, group: 65533)
            var file = stat()
            #expect(stat(folder + "/log", &file) == 0)
            #expect((file.st_uid, file.st_gid) == (65534, 65533))
        }
    }

    @Test func isNotGivenAwayWithAnotherName() throws {
        try withTemporaryFolder { folder in
            close(open(folder + "/important", O_WRONLY | O_CREAT, 0o600))
            link(folder + "/important", folder + "/log")
            let log = try output(folder + "/log")
            #expect(throws: LogError.isShared(path: folder + "/log")) { try log.give(toUser: 1, group: 1) }
        }
    }

    @Test func aLinkToAFileIsRefused() throws {
        try withTemporaryFolder { folder in
            close(open(folder + "/important", O_WRONLY | O_CREAT, 0o600))
            symlink(folder + "/important", folder + "/log")
            let error = #expect(throws: LogError.self) { try output(folder + "/log") }
            #expect(error == .isLink(path: folder + "/log"))
            #expect(error?.exitStatus == .notPermitted)
        }
    }

    @Test func aLinkToADeviceIsNot() throws {
        try withTemporaryFolder { folder in
            symlink("/dev/null", folder + "/log")
            let log = try output(folder + "/log", size: 10)
            write(10...20, log.logger("test"))
            log.reopen()
            #expect(!exists(folder + "/log.1"))
            #expect(log.recent.newest(100).count == 11)
        }
    }

    @Test func saysWhyItCannotBeOpened() throws {
        try withTemporaryFolder { folder in
            let missing = #expect(throws: LogError.self) { try output(folder + "/no/log") }
            #expect(missing?.description == "cannot open the log \(folder)/no/log: no such file or directory")
            #expect(missing?.advice == "Make its folder, or choose another place with --logfile.")
            #expect(missing?.exitStatus == .cannotCreate)
            let isFolder = #expect(throws: LogError.self) { try output(folder) }
            #expect(isFolder?.description == "cannot open the log \(folder): is a directory")
        }
    }

    @Test func aFullDiskStopsNobody() throws {
        let log = try output("/dev/full")
        write(10...20, log.logger("test"))
        log.reopen()
        #expect(log.recent.newest(100).count == 11)
    }
}
