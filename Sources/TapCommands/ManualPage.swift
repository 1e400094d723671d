import ArgumentParser
import TapData
import Taproom

/// The manual page of a tool (man(7)), made from the same declarations as its help.
struct ManualPage {
    private var text = ""

    /// The page of a tool.
    ///
    /// - Parameters:
    ///   - tool: whose page it is.
    ///   - command: what ArgumentParser says of its command line.
    ///   - kinds: the kinds whose options are listed too, each with what ArgumentParser says of it.
    init(_ tool: Tool, help command: DatumObject, kinds: [(word: String, help: DatumObject)]) {
        let name = tool.rawValue
        text = ".TH \(name.uppercased()) \(tool.manualSection) \"\" \"taproom \(ProgramVersion.text)\" \"Taproom\"\n"
        text += ".SH NAME\n\(name) \\- \(escaped(tool.summary))\n.SH SYNOPSIS\n"
        for line in tool.usage.split(separator: "\n") { text += ".B \(escaped(String(line)))\n.br\n" }
        if let discussion = command["discussion"]?.string {
            text += ".SH DESCRIPTION\n"
            text += discussion.split(separator: "\n\n").map { escaped(String($0)) }.joined(separator: "\n.PP\n") + "\n"
        }
        options(of: command, under: "OPTIONS")
        for verb in CommandHelp.elements(command["subcommands"]) where verb["commandName"] != .string("help") {
            subcommand(verb)
        }
        for kind in kinds {
            options(of: kind.help, under: "OPTIONS OF \(kind.word)")
        }
        text += ".SH EXIT STATUS\nSee\n.BR sysexits.h (3head):\n"
        text +=
            "0 done, 64 wrong usage, 65 a bad tap or description, 66 no such file, 69 unavailable, 70 a service failed, "
        text +=
            "73 a file can't be made, 74 reading or writing failed, 75 in use, try again, 77 not permitted, 78 configuration.\n"
        let others = Tool.allCases.filter { $0 != tool }.map { ".BR \($0.rawValue) (\($0.manualSection))" }
        text += ".SH SEE ALSO\n" + others.joined(separator: ",\n") + "\n"
    }

    /// The source of the page.
    var source: String { text }

    private mutating func subcommand(_ verb: DatumObject) {
        let name = verb["commandName"]?.string ?? ""
        text += ".SH \"VERB \(name)\"\n\(escaped(verb["abstract"]?.string ?? ""))\n"
        list(CommandHelp.elements(verb["arguments"]))
    }

    private mutating func options(of command: DatumObject, under title: String) {
        text += ".SH \"\(title)\"\n"
        list(CommandHelp.elements(command["arguments"]))
    }

    private mutating func list(_ arguments: [DatumObject]) {
        for argument in arguments where argument["shouldDisplay"] == .bool(true) {
            let value = argument["valueName"]?.string ?? ""
            var head = CommandHelp.names(of: argument)
            if head.isEmpty { head = ["<\(value)>"] }
            let isOption = argument["kind"] == .string("option")
            text += ".TP\n.B \(escaped(head.joined(separator: ", ")))\(isOption ? " \\fI\(escaped(value))\\fR" : "")\n"
            text += escaped(argument["abstract"]?.string ?? "") + "\n"
        }
    }

    /// Text in which nothing is taken for a request or an escape: groff_char(7) on backslashes, hyphens and quotes.
    private func escaped(_ text: String) -> String {
        let characters = text.map { character in
            switch character {
            case "\\": "\\e"
            case "-": "\\-"
            case "'": "\\(aq"
            default: String(character)
            }
        }
        let line = characters.joined()
        return line.hasPrefix(".") ? "\\&" + line : line
    }
}
