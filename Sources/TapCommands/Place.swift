import ArgumentParser
import Glibc
import TapControl
import TapFile
import TapRunner
import Taproom

/// How the application is reached that a verb of tapctl is about, and how it answers.
struct Place: ParsableArguments {
    @Flag(name: .long, help: "Print the result as JSON.")
    var json = false
    @Option(
        name: .long, help: ArgumentHelp("The control socket, when it is not where tapd puts it.", valueName: "path"))
    var control: String?
    @OptionGroup var passphrase: PassphraseOptions

    /// Finds the tap among the words of a command line.
    ///
    /// Throws ``UsageError`` when there are more arguments than the verb takes.
    func resolve(
        _ words: [String], atMost count: Int, _ invocation: Invocation
    ) throws -> (tap: String, arguments: [String]) {
        var arguments = words
        let tap: String
        if let inside = invocation.inside {
            tap = try self.inside(inside, &arguments)
        } else if let first = arguments.first, isTap(first) {
            tap = arguments.removeFirst()
        } else {
            // Who names a socket need not name a tap, which an application in memory does not have.
            tap = try control ?? Place.onlyTap()
        }
        guard arguments.count <= count else {
            throw UsageError(problem: "too many arguments: \(arguments.dropFirst(count).joined(separator: " "))")
        }
        return (tap, arguments)
    }

    /// The tap of a running application that a verb is typed inside of; naming it changes nothing.
    private func inside(_ inside: InsideApplication, _ arguments: inout [String]) throws -> String {
        guard control == nil, passphrase.passphraseFile == nil else {
            throw OutsideOnly(what: "reaching another application")
        }
        guard let first = arguments.first, first.hasSuffix(".tap") else { return inside.tap }
        guard inside.isCalled(first) else { throw OutsideOnly(what: "looking into another tap, \(first),") }
        arguments.removeFirst()
        return inside.tap
    }

    /// Whether a word names the tap, and not a service or a setting of the one that is here.
    private func isTap(_ word: String) -> Bool {
        if word.hasSuffix(".tap") || isFile(word) { return true }
        return word.contains("/") && !word.contains("=") && control == nil && (try? Place.onlyTap()) == nil
    }

    private func isFile(_ path: String) -> Bool {
        var file = stat()
        return stat(path, &file) == 0 && file.st_mode & S_IFMT == S_IFREG
    }

    /// The one tap in this folder.
    ///
    /// Throws ``UsageError`` when there is none, or several.
    static func onlyTap() throws -> String {
        var names: [String] = []
        if let folder = opendir(".") {
            defer { closedir(folder) }
            while let entry = readdir(folder) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name.hasSuffix(".tap"), !name.hasPrefix(".") { names.append(name) }
            }
        }
        guard let only = names.first, names.count == 1 else {
            let found =
                names.isEmpty
                ? "there is none in this folder" : "this folder has \(names.sorted().joined(separator: ", "))"
            throw UsageError(problem: "name a tap: \(found)")
        }
        return only
    }

    /// Does something with the application of a tap and waits for it.
    func with<Result: Sendable>(
        _ tap: String, _ invocation: Invocation,
        _ body: @escaping @Sendable (any ControlledApplication) async throws -> Result
    ) throws -> Result {
        if let application = invocation.inside?.application {
            return try Blocking.run { try await body(application) }
        }
        let (control, passphrase) = (control, passphrase)
        return try Blocking.run {
            if let control {
                guard let running = try RemoteApplication(socket: control) else {
                    throw ControlError.notRunning(tap: tap)
                }
                return try await body(running)
            }
            return try await body(Connection.application(of: tap, kinds: invocation.kinds, passphrase))
        }
    }

    /// Prints what came of it: as JSON when that is asked for, else as text.
    func report(
        _ result: some Encodable, _ text: @autoclosure () throws -> String, _ invocation: Invocation
    ) throws -> ExitStatus {
        if json { try invocation.console.print(json: result) } else { invocation.console.print(try text()) }
        return .done
    }
}
