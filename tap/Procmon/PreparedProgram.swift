import Glibc
import Logging
import NIOCore
import TapProcess
import Taproom

/// What a program needs, found and read when the service is made.
struct PreparedProgram: Sendable {
    /// The program itself.
    let program: ChildProgram
    /// What asks whether it is well; nil: nobody does.
    let health: ChildProgram?
    /// The folder it works in.
    let folder: String

    /// Finds all.
    ///
    /// Throws ``ProcmonError``, `AccountError` or `SecretError`.
    init(_ settings: ProcmonSettings, logger: Logger) throws {
        let account = try Account.forProgram(user: settings.user, group: settings.group)
        var environment = ProgramEnvironment()
        environment.set(account ?? Account.own)
        for (name, value) in settings.environment { environment[name] = value }
        for (name, secret) in settings.secrets { environment.set(name, to: try secret.resolve(logger: logger).bytes) }
        folder = settings.folder.text
        let descriptor = ChildFiles.open(folder: Array(folder.utf8))
        guard descriptor >= 0 else { throw ProcmonError.noFolder(SystemCallError("work in the folder \(folder)")) }
        close(descriptor)
        func made(_ words: [String]) throws(ProcmonError) -> ChildProgram {
            let path = environment["PATH"] ?? ""
            guard let place = ProgramSearch.find(words.first ?? "", in: path, from: settings.folder.text) else {
                throw .noProgram(words.first ?? "", path: path, folder: settings.folder.text)
            }
            var program = ChildProgram(
                path: Array(place.utf8), arguments: words.map { Array($0.utf8) }, environment: environment.lines)
            program.limits = settings.limits.values
            program.umask = settings.mask
            program.ownSession = true
            program.orphanSignal = SignalName.number(settings.stopSignal)
            program.account = account
            return program
        }
        program = try made(settings.command)
        health = settings.health.command.isEmpty ? nil : try made(settings.health.command)
    }
}

/// A program that can't be run.
enum ProcmonError: Error, CustomStringConvertible {
    case noProgram(String, path: String, folder: String)
    case noFolder(SystemCallError)
    /// A program that is not started again has failed.
    case failed(program: String, ending: String)

    var description: String {
        switch self {
        case .noProgram(let name, _, let folder) where name.contains("/"):
            "cannot find an executable program \(name.hasPrefix("/") ? name : folder + "/" + name)"
        case .noProgram(let name, let path, _):
            "cannot find an executable program \"\(name)\" in \(path). Name it by its path, or set PATH in environment"
        case .noFolder(let error): "\(error)"
        case .failed(let program, let ending):
            "the program \(program) \(ending), and is not to be started again"
        }
    }
}

extension ChildEnding {
    /// What happened, to be read after the name of the program.
    var text: String {
        switch self {
        case .exited(let status): "ended with the status \(status)"
        case .killed(let signal): "was ended by the signal \(SignalName.text(signal))"
        case .notStarted(let failure): "could not be started: \(failure.error(of: "it"))"
        }
    }
}

extension TimeSpan {
    /// The same for an event loop.
    var amount: TimeAmount { .milliseconds(milliseconds) }
}
