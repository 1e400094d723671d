import TapConfig
import TapData

extension DescribedOptions {
    /// The text that `--help` shows.
    func help(usage: String) -> String {
        let isEmpty = options.isEmpty
        let head = "OVERVIEW: \(summary)\n\nUSAGE: \(usage)\(isEmpty ? "" : " <options>")\n\nOPTIONS:\n"
        return head + told.map { entry($0.head, $0.meaning) }.joined() + "\n"
    }

    /// What ArgumentParser would say of these options.
    var commandHelp: DatumObject {
        ["commandName": .string(word), "abstract": .string(summary), "arguments": .array(told.map(\.commandHelp))]
    }

    /// An option as help tells of it.
    private struct Told {
        var names: [String]
        /// What is given with it; nil: it is a flag.
        var value: String?
        var meaning: String

        var head: String { names.joined(separator: ", ") + (value.map { " <\($0)>" } ?? "") }

        var commandHelp: Datum {
            let names = names.map { name in
                let isLong = name.hasPrefix("--")
                return Datum.object([
                    "kind": .string(isLong ? "long" : "short"), "name": .string(String(name.dropFirst(isLong ? 2 : 1))),
                ])
            }
            return .object([
                "kind": .string(value == nil ? "flag" : "option"), "names": .array(names),
                "valueName": .string(value ?? ""), "abstract": .string(meaning), "shouldDisplay": .bool(true),
            ])
        }
    }

    /// All options, in the order of help.
    private var told: [Told] {
        let port = listening.map {
            Told(
                names: ["-p", "--port"], value: "port", meaning: "The same as \($0.name) tcp:PORT, on every address.")
        }
        let own = options.map { option in
            Told(
                names: [option.name] + [option.opposite].compactMap { $0 },
                value: option.isFlag ? nil : option.path.last ?? "", meaning: sentences(option))
        }
        return [port].compactMap { $0 } + own
            + [Told(names: ["-h", "--help"], value: nil, meaning: "Show help information.")]
    }

    private func sentences(_ option: Option) -> String {
        var sentences = [option.member.note?.sentences ?? "", option.member.shape.sentence ?? ""]
        if option.isRepeatable { sentences.append("Can be repeated.") }
        return sentences.filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// An option and what it means, beside it in lines of 80 characters.
    private func entry(_ head: String, _ text: String) -> String {
        let indent = String(repeating: " ", count: 26)
        var lines = [""]
        for word in text.split(separator: " ") {
            let isFull = lines[lines.count - 1].count + word.count + 1 > 80 - indent.count
            if isFull, !lines[lines.count - 1].isEmpty { lines.append("") }
            lines[lines.count - 1] += (lines[lines.count - 1].isEmpty ? "" : " ") + word
        }
        let start = "  " + head
        let space = indent.count - start.count
        let first = start + (space > 0 ? String(repeating: " ", count: space) : "\n" + indent) + lines[0]
        return ([first] + lines.dropFirst().map { indent + $0 }).joined(separator: "\n") + "\n"
    }
}
