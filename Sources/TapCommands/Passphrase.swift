import ArgumentParser
import Glibc
import TapFile
import TapPages
import Taproom

/// Where the passphrase of an encrypted tap or description comes from.
///
/// In this order: the file that is named, the systemd credential `taproom.passphrase` (systemd.exec(5), LoadCredential), the
/// terminal. Never from the command line or the environment, where others could read it.
struct PassphraseOptions: ParsableArguments {
    private static let credential = "taproom.passphrase"

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Read the passphrase of an encrypted tap from this file. Default: the systemd credential taproom.passphrase, then the terminal.",
            valueName: "file"))
    var passphraseFile: String?

    /// What opens a tap, or nil when it is not encrypted.
    ///
    /// Throws ``PassphraseError``.
    func opening(_ tap: String) throws(PassphraseError) -> String? { Tap.isSealed(tap) ? try existing(tap) : nil }

    /// The passphrase of something that is encrypted already.
    func existing(_ name: String) throws(PassphraseError) -> String {
        if let stored = try stored() { return stored }
        guard let typed = try Terminal.ask("Passphrase of \(name): ") else { throw .nowhere(name) }
        return typed
    }

    /// The passphrase of something that is to be encrypted: a person types it twice.
    func new(_ name: String) throws(PassphraseError) -> String {
        if let stored = try stored() { return stored }
        return try PassphraseOptions.typedTwice(name)
    }

    /// A new passphrase, typed twice on the terminal.
    static func typedTwice(_ name: String) throws(PassphraseError) -> String {
        guard let first = try Terminal.ask("New passphrase of \(name): "),
            let second = try Terminal.ask("The same again: ")
        else { throw .nowhere(name) }
        guard first == second else { throw .different }
        guard !first.isEmpty else { throw .empty("what was typed") }
        return first
    }

    private func stored() throws(PassphraseError) -> String? {
        if let passphraseFile { return try PassphraseOptions.read(passphraseFile) }
        let content: [UInt8]?
        do throws(CredentialError) {
            content = try Credential.read(PassphraseOptions.credential)
        } catch {
            throw .noCredential(error)
        }
        guard let content else { return nil }
        return try PassphraseOptions.firstLine(of: content[...], "the credential \(PassphraseOptions.credential)")
    }

    /// The first line of a file.
    static func read(_ path: String) throws(PassphraseError) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .unreadable(path, code: errno) }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(file, &bytes, bytes.count)
        guard count >= 0 else { throw .unreadable(path, code: errno) }
        return try firstLine(of: bytes[..<count], path)
    }

    private static func firstLine(of bytes: ArraySlice<UInt8>, _ name: String) throws(PassphraseError) -> String {
        let line = bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        guard let text = String(validating: line, as: UTF8.self) else { throw .unreadable(name, code: EILSEQ) }
        guard !text.isEmpty else { throw .empty(name) }
        return text
    }
}

/// A passphrase that can't be had.
enum PassphraseError: ReportableError, Equatable {
    case nowhere(String)
    case unreadable(String, code: CInt)
    case empty(String)
    case different
    case noCredential(CredentialError)

    var description: String {
        switch self {
        case .nowhere(let name): "\(name): is encrypted, and there is no terminal to ask for the passphrase"
        case .unreadable(let path, let code):
            "\(path): the passphrase can't be read: \(SystemCallError("read", code: code).reason)"
        case .empty(let name): "\(name): the passphrase is empty"
        case .different: "the two passphrases are not the same"
        case .noCredential(let error): error.description
        }
    }

    var advice: String? {
        switch self {
        case .nowhere: "Use --passphrase-file, or the systemd credential taproom.passphrase."
        case .noCredential(let error): error.advice
        default: nil
        }
    }

    var exitStatus: ExitStatus {
        switch self {
        case .unreadable(_, ENOENT): .noInput
        case .different: .usage
        default: .notPermitted
        }
    }
}

/// The terminal of whoever runs the program.
private enum Terminal {
    /// Asks for a line that is not shown; nil: there is no terminal.
    static func ask(_ prompt: String) throws(PassphraseError) -> String? {
        let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard terminal >= 0 else { return nil }
        defer { close(terminal) }
        var settings = termios()
        guard tcgetattr(terminal, &settings) == 0 else { return nil }
        var silent = settings
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(terminal, TCSAFLUSH, &silent)
        defer {
            tcsetattr(terminal, TCSAFLUSH, &settings)
            _ = write(terminal, "\n", 1)
        }
        _ = write(terminal, prompt, prompt.utf8.count)
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while read(terminal, &byte, 1) == 1, byte != UInt8(ascii: "\n"), line.count < 4096 { line.append(byte) }
        guard let text = String(validating: line, as: UTF8.self) else { throw .unreadable("/dev/tty", code: EILSEQ) }
        return text
    }
}
