import ArgumentParser
import Glibc
import TapData
import TapForeign
import TapRunner
public import Taproom

/// A program that carries the tools with the kinds it lists.
///
///     @main
///     struct MyProgram: TapProgram {
///         static let kinds: [any ServiceKind.Type] = [MyKind.self]
///     }
///
/// It is used as `myprogram mktap mykind`, `myprogram tapd -f mykind.tap`, `myprogram tapctl status`; under the name of a
/// tool it is that tool.
public protocol TapProgram {
    /// The kinds the tools know.
    static var kinds: [any ServiceKind.Type] { get }
}

extension TapProgram {
    /// Runs the tool that the program's name or its first argument says, and ends the process with its status.
    ///
    /// Synchronous on purpose: an asynchronous main function would park the main thread where giving up root does not
    /// reach it.
    public static func main() {
        let arguments = CommandLine.arguments
        let name = arguments.first?.split(separator: "/").last.map(String.init) ?? "taproom"
        let known = KindList(kinds, elsewhere: KindFolders.ofProcess())
        let invocation: Invocation
        let rest: ArraySlice<String>
        if let tool = Tool(rawValue: name) {
            invocation = Invocation(tool: tool, prefix: "", kinds: known)
            rest = arguments.dropFirst()
        } else if let word = arguments.dropFirst().first, let tool = Tool(rawValue: word) {
            invocation = Invocation(tool: tool, prefix: name + " ", kinds: known)
            rest = arguments.dropFirst(2)
        } else {
            exit(Tool.explain(program: name, arguments: arguments.dropFirst()).rawValue)
        }
        // Only a runner waits for signals in a thread of its own; the other tools end on Ctrl-C like any program.
        if invocation.tool == .tapd { Runner.prepareProcess() }
        exit(invocation.run(Array(rest)).rawValue)
    }
}

/// One run of a tool.
struct Invocation: Sendable {
    let tool: Tool
    /// What stands before the name of a tool when one is called: empty, or the name of the program that carries it.
    let prefix: String
    let kinds: KindList

    /// The command of a tool, as a person would type it.
    func command(_ tool: Tool) -> String { prefix + tool.rawValue }

    private func manualPage() throws -> ManualPage {
        let takesKinds = tool == .mktap || tool == .tapd
        return ManualPage(
            tool, help: try CommandHelp.of(tool.arguments),
            kinds: try takesKinds ? kinds.builtIn.map { ($0.word, try KindCommand.help(of: $0.type)) } : [])
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
            return Console.report(error, self)
        }
    }
}

/// The tools.
enum Tool: String, CaseIterable, Sendable {
    case mktap, tapd, tapctl, tap2deb, tap2rpm, tap2oci

    /// What it does, in a few words.
    var summary: String {
        switch self {
        case .mktap: "make a tap: a network application in a file"
        case .tapd: "run a tap"
        case .tapctl: "look into a tap and change it"
        case .tap2deb: "turn a tap into a Debian package"
        case .tap2rpm: "turn a tap into an rpm"
        case .tap2oci: "turn a tap into a container image"
        }
    }

    /// The section of the manual that its page is in (man(1)): a daemon's is 8.
    var manualSection: Int { self == .tapd ? 8 : 1 }

    /// The command line as its arguments declare it.
    var arguments: any ParsableCommand.Type {
        switch self {
        case .mktap: Mktap.Arguments.self
        case .tapd: Tapd.Arguments.self
        case .tapctl: Tapctl.Arguments.self
        case .tap2deb: Tap2deb.Arguments.self
        case .tap2rpm: Tap2rpm.Arguments.self
        case .tap2oci: Tap2oci.Arguments.self
        }
    }

    /// The forms of its command line, a line each.
    var usage: String { arguments.configuration.usage ?? rawValue }

    /// Says how a program with several tools is used: on standard output when asked, else as an error.
    static func explain(program: String, arguments: ArraySlice<String>) -> ExitStatus {
        let tools = allCases.map {
            "  \(program) \($0.rawValue)\(String(repeating: " ", count: 9 - $0.rawValue.count))\($0.summary)"
        }
        let usage = "USAGE: \(program) <tool> [options]\n\n" + tools.joined(separator: "\n") + "\n"
        if let first = arguments.first, ["--version"].contains(first) {
            Console.print("\(program) \(ProgramVersion.text)\n")
            return .done
        }
        guard let first = arguments.first, !["--help", "-h", "help"].contains(first) else {
            if arguments.isEmpty { Console.complain(usage) } else { Console.print(usage) }
            return arguments.isEmpty ? .usage : .done
        }
        Console.complain("\(program): there is no tool \"\(first)\". \(program) --help lists the tools.\n")
        return .usage
    }
}
