import TapConfig
import TapData

extension DescribedOptions {
    /// The text that `--help` shows.
    func help(usage: String) -> String {
        var text = "OVERVIEW: \(summary)\n\nUSAGE: \(usage) <options>\n\nOPTIONS:\n"
        if let listening {
            text += entry("-p, --port <port>", "The same as \(listening.name) tcp:PORT, on every address.")
        }
        for option in options {
            let rest = option.opposite.map { ", " + $0 } ?? " <\(option.path.last ?? "")>"
            text += entry(option.name + rest, sentences(option))
        }
        return text + entry("-h, --help", "Show help information.") + "\n"
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
