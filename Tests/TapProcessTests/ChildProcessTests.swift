import Glibc
import TapTesting
import Taproom
import Testing

@testable import TapProcess

@Suite(.timeLimit(.minutes(2)))
struct ChildProcessTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func worksInItsFolderWithItsVariablesOnly() async throws {
        let run = try await folder.run("pwd; env | sort") { $0.environment = ["A=1", "B= x=y"].map { Array($0.utf8) } }
        #expect(run.ending == .exited(status: 0))
        let lines = run.output.split(separator: "\n").filter { !$0.hasPrefix("_=") }
        #expect(lines == ["\(folder.path)", "A=1", "B= x=y", "PWD=\(folder.path)"])
    }

    @Test func tellsHowItEnded() async throws {
        #expect(try await folder.run("exit 7").ending == .exited(status: 7))
        #expect(try await folder.run("kill -9 $$").ending == .killed(signal: SIGKILL))
    }

    @Test func leavesNothingOfItsGroup() async throws {
        let run = try await folder.run("sleep 1000 >/dev/null & echo $!")
        await hasEnded(try #require(pid_t(run.output.dropLast())))
    }

    @Test func givesNoOtherDescriptors() async throws {
        // One that a library forgot to mark.
        let careless = fcntl(0, F_DUPFD, 900)
        defer { close(careless) }
        let run = try await folder.run("for n in /proc/self/fd/*; do echo ${n##*/}; done")
        let open = run.output.split(separator: "\n").compactMap { Int($0) }
        // The shell has the folder open while it lists it.
        #expect(open.sorted().starts(with: [0, 1, 2]))
        #expect(open.count <= 4 && !open.contains(Int(careless)))
    }

    @Test func takesLimitsAndMask() async throws {
        let run = try await folder.run("ulimit -n; ulimit -v; ulimit -t; ulimit -Sc; umask") { program in
            program.limits.files = 77
            program.limits.memory = 1 << 30
            program.limits.processor = 9
            program.limits.core = 0
            program.umask = 0o027
        }
        #expect(run.output == "77\n1048576\n9\n0\n0027\n")
    }

    @Test func raisesNoLimitOfFilesByItself() async throws {
        #expect(Int(try await folder.run("ulimit -n").output.dropLast()) ?? .max <= 1024)
    }

    @Test func leadsASessionWhenAsked() async throws {
        let words = "read -r _ _ _ parent group session _ </proc/$$/stat; echo $$ $group $session"
        let own = try await folder.run(words) { $0.ownSession = true }.output.split { " \n".contains($0) }
        #expect(own.count == 3 && Set(own).count == 1)
        let other = try await folder.run(words).output.split { " \n".contains($0) }
        #expect(other.count == 3 && other[0] == other[1] && other[1] != other[2])
    }

    @Test func beginsWithoutBlockedOrIgnoredSignals() async throws {
        let run = try await folder.run("grep -E '^Sig(Blk|Ign)' /proc/self/status")
        #expect(run.output == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n")
    }

    @Test func saysWhatCouldNotBeDone() async throws {
        let none = try await folder.run("") { $0.path = Array("/nowhere/program".utf8) }
        #expect(none.ending == .notStarted(ChildStartFailure(step: .program, code: ENOENT)))
        let error = ChildStartFailure(step: .user, code: EPERM).error(of: "/bin/worker")
        #expect(error.description == "cannot become the user of /bin/worker: operation not permitted")
        let nothing = try ChildFiles.openNothing()
        let ending = await withCheckedContinuation { continuation in
            let program = ChildProgram(path: Array("/bin/true".utf8), arguments: [], environment: [])
            _ = ChildProcess.start(program, ChildFiles(folder: nothing, [nothing])) {
                continuation.resume(returning: $0)
            }
        }
        #expect(ending == .notStarted(ChildStartFailure(step: .folder, code: ENOTDIR)))
    }

    @Test(.enabled(if: geteuid() == 0, "only root may start programs as somebody else"))
    func becomesAnotherUser() async throws {
        let account = try #require(try Account.forProgram(user: "nobody", group: "54321"))
        let words = "id -u; id -g; grep -E '^(Uid|Groups)' /proc/self/status; cat \(folder.path)/secret || echo refused"
        try folder.write("secret", to: "secret")
        chmod(folder["secret"], 0o600)
        chmod(folder.path, 0o755)
        let run = try await folder.run(words) { $0.account = account }
        let lines = run.output.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("Groups") }
        let ids = Array(repeating: "\(account.user)", count: 4).joined(separator: "\t")
        #expect(lines == ["\(account.user)", "54321", "Uid:\t\(ids)", "refused"])
        // The others of this process are as they were.
        #expect(geteuid() == 0)
    }

    @Test func runsAsThisProcessWhenNobodyElseIsNamed() throws {
        #expect(try Account.forProgram(user: nil, group: nil) == nil)
        #expect(try Account.forProgram(user: String(geteuid()), group: String(getegid())) == nil)
        #expect(throws: AccountError.unknownUser("no-such-user")) {
            try Account.forProgram(user: "no-such-user", group: nil)
        }
        #expect(
            AccountError.notRoot(wanted: "the user www", own: "ada").description.hasPrefix(
                "cannot run a program as the user www: this process runs as ada, and only root may"))
    }

    @Test func signalsThatComeEarlyCount() async throws {
        let nothing = try ChildFiles.openNothing()
        let program = ChildProgram(
            path: Array("/bin/sleep".utf8), arguments: ["sleep", "1000"].map { Array($0.utf8) }, environment: [])
        let ending = await withCheckedContinuation { continuation in
            let child = ChildProcess.start(
                program, ChildFiles(folder: ChildFiles.open(folder: Array("/".utf8)), [nothing, nothing, nothing])
            ) { continuation.resume(returning: $0) }
            child.signal(SIGTERM)
        }
        #expect(ending == .killed(signal: SIGTERM))
    }
}
