import TapControl
import TapFile
import Taproom

/// One run of a tool, or of one of its verbs inside of a running application.
struct Invocation: Sendable {
    let tool: Tool
    /// What stands before the name of a tool when one is called: empty, or the name of the program that carries it.
    let prefix: String
    let kinds: KindList
    /// Where it prints.
    var console = Console.standard
    /// The application that verbs of tapctl are about when they are typed inside of it; nil: the command line names a tap.
    var inside: InsideApplication?

    /// The command of a tool, as a person would type it.
    func command(_ tool: Tool) -> String { prefix + tool.rawValue }

    /// Who asks, through what.
    func authorship(_ comment: String? = nil) -> Authorship {
        Authorship(
            author: inside?.author ?? UserName.current, origin: inside?.origin ?? tool.rawValue, comment: comment ?? "")
    }

    /// The description in a file.
    ///
    /// Throws what ``DescriptionFile`` does, and what an application inside does not allow.
    func description(_ path: String, _ passphrase: PassphraseOptions) throws -> DescriptionFile {
        guard let inside else { return try DescriptionFile(path, passphrase) }
        try inside.checkDescription(path)
        return try DescriptionFile(path, passphrase) { throw OutsideOnly(what: "opening an encrypted description") }
    }

    /// Throws ``OutsideOnly`` inside of a running application.
    func checkOutside(_ what: String) throws {
        guard inside == nil else { throw OutsideOnly(what: what) }
    }

    private func manualPage() throws -> ManualPage {
        let takesKinds = tool == .mktap || tool == .tapd
        return ManualPage(
            tool, help: try CommandHelp.of(tool.arguments),
            kinds: try takesKinds ? kinds.builtIn.map { ($0.word, try KindCommand.help(of: $0)) } : [])
    }

    /// Runs the tool.
    ///
    /// Everything that goes wrong is said on standard error.
    func run(_ arguments: [String]) -> ExitStatus {
        do {
            if arguments == ["--generate-man-page"] { throw HelpRequest(text: try manualPage().source) }
            switch tool {
            case .mktap: return try Mktap.run(arguments, self)
            case .tapd: return try Tapd.run(arguments, self)
            case .tapctl: return try Tapctl.run(arguments, self)
            case .tap2deb: return try Tap2deb.run(arguments, self)
            case .tap2rpm: return try Tap2rpm.run(arguments, self)
            case .tap2oci: return try Tap2oci.run(arguments, self)
            }
        } catch {
            return report(error)
        }
    }
}

extension Invocation {
    /// Says what is no mistake but should be known, a line each.
    func warn(_ warnings: [String]) { for warning in warnings { complain("warning: \(warning)") } }

    /// Says what can be said once only.
    func tell(_ sentence: String) { complain(sentence) }

    /// Says what went wrong in the form `tool: where: what happened. What to do.` Answers how the program should end.
    ///
    /// Help and version, which end a command line early too, are results.
    func report(_ error: any Error) -> ExitStatus {
        switch error {
        case let help as HelpRequest:
            console.print(help.text)
            return .done
        case let error as UsageError:
            let command =
                inside == nil ? "\(command(tool)) \(error.help)" : error.help == "--help" ? "help" : error.help
            complain("\(Invocation.sentence(error.problem)) See '\(command)'.")
            return .usage
        case let error as any ReportableError:
            let advice = error.advice.map { " " + $0 } ?? ""
            let lines = error.description.split(separator: "\n").map { label + Invocation.sentence(String($0)) }
            console.complain(lines.joined(separator: "\n") + advice + "\n")
            return error.exitStatus
        default:
            complain("\(error)")
            return .software
        }
    }

    /// What complaints begin with: nothing inside of an application, where nobody else could complain.
    private var label: String { inside == nil ? tool.rawValue + ": " : "" }

    private func complain(_ text: String) { console.complain("\(label)\(Invocation.sentence(text))\n") }

    private static func sentence(_ text: String) -> String {
        guard let last = text.last, !".?!".contains(last) else { return text }
        return text + "."
    }
}
