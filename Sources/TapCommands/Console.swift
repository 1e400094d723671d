import ArgumentParser
import Glibc
import TapData
import Taproom

/// The only place where the tools print.
enum Console {
    /// Writes a result to standard output.
    ///
    /// Answers whether it could be written.
    @discardableResult
    static func print(_ text: String) -> Bool { write(text, to: STDOUT_FILENO) }

    /// Writes a part of a result to standard output.
    ///
    /// Throws ``OutputError`` when it can't be written.
    static func print(part bytes: [UInt8]) throws(OutputError) {
        guard write(bytes[...], to: STDOUT_FILENO) else { throw OutputError(code: errno) }
    }

    /// Writes to standard error.
    static func complain(_ text: String) { _ = write(text, to: STDERR_FILENO) }

    /// Says what is no mistake but should be known, a line each.
    static func warn(_ warnings: [String], _ invocation: Invocation) {
        for warning in warnings { complain("\(invocation.tool.rawValue): warning: \(sentence(warning))\n") }
    }

    /// Writes a result as JSON.
    static func print(json value: some Encodable) throws {
        print(JSONWriter.pretty(try DatumEncoder().encode(value)) + "\n")
    }

    /// Says what went wrong in the form `tool: where: what happened. What to do.` Answers how the program should end.
    ///
    /// Help and version, which end a command line early too, go to standard output.
    static func report(_ error: any Error, _ invocation: Invocation) -> ExitStatus {
        switch error {
        case let help as HelpRequest:
            print(help.text)
            return .done
        case let error as UsageError:
            complain(
                "\(invocation.tool.rawValue): \(sentence(error.problem)) See '\(invocation.command(invocation.tool)) \(error.help)'.\n"
            )
            return .usage
        case let error as any ReportableError:
            let advice = error.advice.map { " " + $0 } ?? ""
            let lines = error.description.split(separator: "\n").map {
                "\(invocation.tool.rawValue): \(sentence(String($0)))"
            }
            complain(lines.joined(separator: "\n") + advice + "\n")
            return error.exitStatus
        default:
            complain("\(invocation.tool.rawValue): \(sentence("\(error)"))\n")
            return .software
        }
    }

    private static func sentence(_ text: String) -> String {
        guard let last = text.last, !".?!".contains(last) else { return text }
        return text + "."
    }

    private static func write(_ text: String, to descriptor: CInt) -> Bool {
        write(Array(text.utf8)[...], to: descriptor)
    }

    private static func write(_ bytes: ArraySlice<UInt8>, to descriptor: CInt) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            // Nobody reads any more, or the disk is full: there is no other place to say so.
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
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
    /// Reads a command line.
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
            if exitCode(for: error).isSuccess { throw HelpRequest(text: fullMessage(for: error) + "\n" + more()) }
            let message = Self.message(for: error)
            throw UsageError(problem: message.prefix(1).lowercased() + message.dropFirst(), help: help)
        }
    }
}
