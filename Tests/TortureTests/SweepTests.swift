import Glibc
import TapTesting
import TapTorture
import Testing

/// Every part in small: what tools/torture does for hours, in seconds.
@Suite(.timeLimit(.minutes(10))) struct SweepTests {
    @Test func losesNothingWhenThePowerFails() throws {
        let findings = try CrashSweep(program: Workshop.traced, seed: 1, jobs: 2).powerFailures(states: 4, everyNth: 3)
        #expect(findings.losses == [])
        #expect(findings.number(of: "different states") > 100)
    }

    @Test func losesNothingWhenTheProgramIsStopped() throws {
        let findings = try CrashSweep(program: Workshop.traced, seed: 1, jobs: 2).stops(everyNth: 17)
        #expect(findings.losses == [])
        #expect(findings.number(of: "stops") > 20)
    }

    @Test func losesNothingWhenOperationsFail() throws {
        let findings = try FailSweep(program: Workshop.traced, seed: 1, jobs: 2).run(everyNth: 41)
        #expect(findings.losses == [])
        #expect(findings.number(of: "refused steps") > 20)
    }

    @Test func givesNoNumberTwiceOverKills() throws {
        let findings = try Kills(program: Workshop.programs + "/fibonacci", seed: 1, jobs: 2).run(count: 20)
        #expect(findings.losses == [])
        #expect(findings.number(of: "kills") == 20)
        #expect(findings.number(of: "numbers") > 0)
    }

    @Test func takesBackWhatNobodyConfirmsOverKills() throws {
        let findings = try Confirmations(programs: Workshop.programs, seed: 1, jobs: 2, patience: .seconds(60)).run(
            count: 8)
        #expect(findings.losses == [])
        #expect((findings.number(of: "taken back"), findings.number(of: "kept")) == (6, 2))
    }

    @Test func copiesOneMomentOfATapThatIsWritten() throws {
        let findings = try Backups(program: Workshop.programs + "/torture", jobs: 2).run(count: 40)
        #expect(findings.losses == [])
        #expect(findings.number(of: "copies") == 40)
        #expect(findings.number(of: "changes") > 0)
    }

    @Test func readsDamagedTapsOrSaysSo() throws {
        let findings = try DamageCases.run(0..<60, seed: 1)
        #expect(findings.losses == [])
        #expect(findings.number(of: "refused") > 0 && findings.number(of: "found damaged") > 0)
    }

    @Test func readsTextsAndBytesThatNobodyWouldWrite() throws {
        let findings = try FuzzCases.run(0..<2000, seed: 1)
        #expect(findings.losses == [])
        #expect(findings.number(of: "accepted") > 100 && findings.number(of: "bytes accepted") > 100)
    }

    @Test func turnsNobodyAwayWhileItIsReloadedAndReplaced() throws {
        let soak = Soak(
            programs: Workshop.programs, seed: 1, reloadEvery: .milliseconds(200), upgradeEvery: .seconds(1))
        let findings = try soak.run(for: .seconds(4))
        #expect(findings.losses == [])
        #expect(findings.number(of: "reloads") > 4 && findings.number(of: "upgrades") > 1)
        #expect(findings.number(of: "answers on new connections") > 20)
        #expect(findings.number(of: "answers on kept connections") > 20)
    }
}

/// The programs, as they were built with the tests.
enum Workshop {
    /// Where the programs are: beside the tests that run.
    static let programs: String = {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let runner = String(decoding: buffer.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // The tests are a bundle that another program may have loaded; then its path is an argument.
        let bundle = CommandLine.arguments.first { $0.contains(".xctest") } ?? runner
        return String(bundle[..<(bundle.lastIndex(of: "/") ?? bundle.startIndex)])
    }()

    /// The program that plays scenarios, watched by a library that is built for this run of the tests.
    static var traced: TracedProgram {
        get throws {
            TracedProgram(
                program: programs + "/torture", library: try library.get(), fixtures: source + "/Tests/Fixtures")
        }
    }

    /// The folder of this package.
    private static let source = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }

    private static let folder = Result { try TemporaryFolder() }

    private static let library = Result {
        let library = try folder.get()["FileTrace.so"]
        try SharedLibrary.build("\(source)/tools/torture-program/FileTrace.c", as: library)
        return library
    }
}
