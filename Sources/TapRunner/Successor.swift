import CTapSystem
import Dispatch
import Glibc
import Synchronization
import Taproom

/// The new program of a hand-over, as the old one sees it.
final class Successor: Sendable {
    /// How long the new program may take for each of its steps.
    private let patience: Duration
    let process: pid_t
    private let channel: HandoverChannel
    /// How it ended; nil: it has not been waited for, so that its number is no other's.
    private let ending = Mutex<String?>(nil)

    /// Starts the program, with what is left to it.
    ///
    /// Throws ``UpgradeError`` and `SystemCallError`; nothing runs then.
    init(
        _ program: ProgramStart, _ manifest: HandoverManifest, _ environment: [String: String], patience: Duration
    ) throws {
        self.patience = patience
        let (mine, theirs) = try HandoverChannel.pair()
        channel = mine
        let optional = [
            manifest.control?.descriptor, manifest.controlPort?.descriptor, manifest.pidFile?.descriptor,
            manifest.sweeper, manifest.folder,
        ]
        let kept =
            manifest.sockets.map(\.descriptor) + optional.compactMap { $0 } + [manifest.lock, theirs.descriptor]
        var environment = environment
        environment[Predecessor.variable] = String(theirs.descriptor)
        process = try program.start(keeping: kept, environment: environment)
        withExtendedLifetime(theirs) {}
        do { try send(.manifest(manifest)) } catch {
            end()
            throw error
        }
    }

    /// Sends an order.
    ///
    /// Throws ``UpgradeError/ended(_:)`` when the program is gone already, and `SystemCallError`.
    private func send(_ order: HandoverOrder) throws {
        do { try channel.send(order) } catch let error as SystemCallError
            where [EPIPE, ECONNRESET].contains(error.code)
        {
            throw UpgradeError.ended(waitForTheEnd())
        }
    }

    /// Waits until the new program has found that it could run the application.
    func prepared() async throws { try await expect(.prepared, "prepared") }

    /// Says that the tap is closed, and waits until all services run.
    func takeOver() async throws {
        try send(.takeOver)
        try await expect(.serving, "serving")
    }

    private func expect(_ expected: HandoverReport, _ stage: String) async throws {
        let (channel, patience) = (channel, patience)
        let report: HandoverReport?
        do {
            report = try await Successor.waiting {
                try channel.receive(HandoverReport.self, within: patience)
            }
        } catch is HandoverChannel.TimeIsUp {
            throw UpgradeError.tooLate(stage: stage, seconds: patience.components.seconds)
        }
        switch report {
        case expected: return
        case .failed(let status, let text):
            throw UpgradeError.refused(ExitStatus(rawValue: status) ?? .software, text)
        default: throw UpgradeError.ended(await Successor.waiting { self.waitForTheEnd() })
        }
    }

    /// Ends the program, if it still runs, and returns when it has.
    func end() {
        ending.withLock { if $0 == nil { kill(process, SIGKILL) } }
        _ = waitForTheEnd()
    }

    private func waitForTheEnd() -> String {
        ending.withLock { ending in
            if let ending { return ending }
            var status: CInt = 0
            while waitpid(process, &status, 0) < 0, errno == EINTR {}
            let signal = status & 0x7F
            let text =
                if signal != 0 {
                    "was ended by signal \(signal) (\(String(cString: strsignal(signal))))"
                } else if status >> 8 & 0xFF == 126 {
                    "could not be executed"
                } else {
                    "ended with the status \(status >> 8 & 0xFF)"
                }
            ending = text
            return text
        }
    }

    /// Waits in a thread that is for waiting.
    private static func waiting<Result: Sendable, Failure: Error>(
        _ body: @escaping @Sendable () throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let outcome = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(returning: Swift.Result { () throws(Failure) in try body() })
            }
        }
        return try outcome.get()
    }
}

/// How a program is started again: what it was started with.
package struct ProgramStart: Sendable {
    private let path: String
    private let arguments: [String]

    /// As this process was started.
    ///
    /// To be asked for before the working folder changes.
    package init() {
        arguments = CommandLine.arguments
        path = ProgramStart.path(of: arguments.first ?? "")
    }

    /// Where a program is that was called by a name, as execvp(3) looks for it; its links are followed when it is started, so
    /// that one that leads to a new version does.
    ///
    /// Whoever starts a program can call it anything: a name that leads to no program, or without a path to another one, is
    /// not believed.
    private static func path(of name: String) -> String {
        let place = LocalPath(name, in: LocalPath.workingFolder).text
        if name.contains("/"), access(place, X_OK) == 0 { return place }
        let folders = getenv("PATH").map { String(cString: $0) } ?? ""
        let places = name.contains("/") ? [] : folders.split(separator: ":").map { "\($0)/\(name)" }
        return places.first(where: isThisProgram) ?? ownPath ?? place
    }

    private static func isThisProgram(_ path: String) -> Bool {
        var (there, own) = (stat(), stat())
        return stat(path, &there) == 0 && stat("/proc/self/exe", &own) == 0 && there.st_ino == own.st_ino
            && there.st_dev == own.st_dev
    }

    /// Where this program's file was when it was started; nil: the kernel does not tell.
    private static var ownPath: String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0 else { return nil }
        let path = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // As proc_pid_exe(5) says it of a file that another has taken the place of since.
        let mark = " (deleted)"
        return path.hasSuffix(mark) ? String(path.dropLast(mark.count)) : path
    }

    /// Starts the program with some descriptors and variables more.
    func start(keeping descriptors: [CInt], environment: [String: String]) throws(UpgradeError) -> pid_t {
        guard access(path, X_OK) == 0 else {
            throw .notPossible("\(path): \(SystemCallError("start it").reason)")
        }
        var variables = environment
        var entry = environ
        while let text = entry.pointee {
            let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2, variables[String(parts[0])] == nil { variables[String(parts[0])] = String(parts[1]) }
            entry += 1
        }
        let words = (arguments.map { strdup($0) }) + [nil]
        let settings = (variables.map { strdup("\($0)=\($1)") }) + [nil]
        defer { for text in words + settings { free(text) } }
        let process = tap_start_program(path, words, settings, descriptors, descriptors.count)
        guard process > 0 else { throw .notPossible(SystemCallError("start a process").reason) }
        return process
    }
}
