import Glibc
import Logging
import NIOCore
import NIOPosix
import TapProcess
import Taproom

/// A program of an entry, found with its user, which is started for clients.
struct InetdProgram: Sendable {
    private static let output = OutputLog.Limits(lines: 20, lineBytes: 1024)

    private let program: ChildProgram
    private let folder: String
    private let showsErrors: Bool
    private let logger: Logger
    /// Who is served.
    let limits: Admission.Limits

    /// Finds the program.
    ///
    /// Throws ``InetdError`` or `AccountError`.
    init(_ entry: InetdEntry, logger: Logger) throws {
        let account = try Account.forProgram(user: entry.user, group: entry.group)
        var environment = ProgramEnvironment()
        environment.set(account ?? Account.own)
        for (name, value) in entry.environment { environment[name] = value }
        let name = entry.program?.text ?? entry.command.first ?? ""
        folder = entry.folder.text
        guard let place = ProgramSearch.find(name, in: environment["PATH"] ?? "", from: folder) else {
            throw InetdError.noProgram(name, entry: entry.title)
        }
        var program = ChildProgram(
            path: Array(place.utf8), arguments: entry.command.map { Array($0.utf8) }, environment: environment.lines)
        program.limits = entry.limits.values
        program.account = account
        program.ownSession = true
        program.orphanSignal = SIGTERM
        self.program = program
        showsErrors = entry.errors == .socket
        var logger = logger
        logger[metadataKey: "entry"] = "\(entry.title)"
        self.logger = logger
        limits = entry.admission
    }

    /// Starts the program with a socket for its input and output.
    ///
    /// The socket is closed here, in any case.
    ///
    /// - Parameters:
    ///   - socket: what the program gets.
    ///   - ended: called once, on another thread.
    /// - Returns: the program; nil when there was no start, of which the log says why.
    func start(with socket: CInt, ended: @escaping @Sendable () -> Void) -> ChildProcess? {
        let directory = ChildFiles.open(folder: Array(folder.utf8))
        do throws(SystemCallError) {
            guard directory >= 0 else { throw SystemCallError("work in the folder \(folder)") }
            let errors = showsErrors ? socket : try logged()
            return ChildProcess.start(program, ChildFiles(folder: directory, [socket, socket, errors])) {
                [logger, name = program.name] ending in
                InetdProgram.log(ending, name, logger)
                ended()
            }
        } catch {
            close(directory)
            close(socket)
            logger.error("a program can't be started", metadata: ["error": "\(error)"])
            return nil
        }
    }

    private static func log(_ ending: ChildEnding, _ name: String, _ logger: Logger) {
        switch ending {
        case .exited(let status): logger.debug("program ended", metadata: ["status": "\(status)"])
        case .killed(let signal): logger.warning("a program was killed", metadata: ["signal": "\(signal)"])
        case .notStarted(let failure):
            logger.error("a program can't be started", metadata: ["error": "\(failure.error(of: name))"])
        }
    }

    /// The end of a pipe whose lines get into the log.
    private func logged() throws(SystemCallError) -> CInt {
        let pipe = try Pipe()
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        loop.execute { [logger] in
            var log = OutputLog(logger, .warning, "standard error", InetdProgram.output)
            let reader = PipeReader {
                log.take($0, at: loop.now)
            } ended: {
                log.end(at: loop.now)
            }
            pipe.read(on: loop, reader)
        }
        return pipe.writing
    }
}

/// What can't be started.
enum InetdError: Error, CustomStringConvertible {
    case noProgram(String, entry: String)

    var description: String {
        switch self {
        case .noProgram(let name, let entry):
            "entry \"\(entry)\": cannot find an executable program \"\(name)\". Install it, or take the entry out"
        }
    }
}
