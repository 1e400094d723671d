import ArgumentParser
import Glibc
import TapData
import Taproom

/// Where a tool prints: nothing else does.
struct Console: Sendable {
    /// Takes bytes, and answers 0, or errno when they can't be written.
    typealias Output = @Sendable (ArraySlice<UInt8>) -> CInt

    private let results: Output
    private let complaints: Output

    /// Prints results to one place and complaints to another.
    init(results: @escaping Output, complaints: @escaping Output) {
        (self.results, self.complaints) = (results, complaints)
    }

    /// Standard output and standard error.
    static let standard = Console(
        results: { Console.write($0, to: STDOUT_FILENO) }, complaints: { Console.write($0, to: STDERR_FILENO) })

    /// Writes a result.
    ///
    /// Answers whether it could be written.
    @discardableResult
    func print(_ text: String) -> Bool { results(Array(text.utf8)[...]) == 0 }

    /// Writes a part of a result.
    ///
    /// Throws ``OutputError`` when it can't be written.
    func print(part bytes: [UInt8]) throws(OutputError) {
        let code = results(bytes[...])
        guard code == 0 else { throw OutputError(code: code) }
    }

    /// Writes a result as JSON.
    func print(json value: some Encodable) throws {
        print(JSONWriter.pretty(try DatumEncoder().encode(value)) + "\n")
    }

    /// Writes what is no result.
    func complain(_ text: String) { _ = complaints(Array(text.utf8)[...]) }

    private static func write(_ bytes: ArraySlice<UInt8>, to descriptor: CInt) -> CInt {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            // Nobody reads any more, or the disk is full: there is no other place to say so.
            guard count > 0 else { return errno }
            rest = rest.dropFirst(count)
        }
        return 0
    }
}

/// Standard output that takes no more.
struct OutputError: ReportableError {
    /// errno.
    var code: CInt
    var description: String { "standard output cannot be written: \(SystemCallError("write", code: code).reason)" }
    var advice: String? { "What was written is not complete." }
    var exitStatus: ExitStatus { .inputOutput }
}

/// A command line that is wrong.
struct UsageError: Error {
    var problem: String
    /// What to type after the tool's name for help.
    var help = "--help"
}

/// A command line that asks for a text instead of work: help, the version, a completion script.
struct HelpRequest: Error {
    var text: String
}

extension ParsableCommand {
    /// Reads a command line; `more` stands behind the help.
    ///
    /// Throws ``UsageError`` and ``HelpRequest``.
    static func read(
        _ arguments: [String], help: String = "--help", also more: @autoclosure () -> String = ""
    ) throws -> Self {
        // Arguments that are handed on as they are would swallow these.
        switch arguments.first {
        case "--help", "-h": throw HelpRequest(text: helpMessage() + "\n" + more())
        case "--version": throw HelpRequest(text: configuration.version + "\n")
        default: break
        }
        do {
            return try parse(arguments)
        } catch {
            if exitCode(for: error).isSuccess {
                let isScript = arguments.contains { $0.hasPrefix("--generate-completion-script") }
                throw HelpRequest(text: fullMessage(for: error) + "\n" + (isScript ? "" : more()))
            }
            let message = Self.message(for: error)
            throw UsageError(problem: message.prefix(1).lowercased() + message.dropFirst(), help: help)
        }
    }
}
