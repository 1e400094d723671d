import TapTesting

/// A command of a document, and the output that is shown under it.
struct ShownCommand: Equatable {
    var command: String
    var output = ""
}

/// A page of the documentation, taken apart.
struct Document {
    /// The folder of the repository.
    static let root = String(#filePath.dropLast("/Tests/EndToEnd/Document.swift".count))

    /// A block of code.
    struct Block {
        /// What stands behind the fence; nothing for a block that is indented.
        var mark: String
        var lines: [Substring] = []

        /// The commands of a block that shows a terminal: a line that begins with `$ `, more lines of the command that begin
        /// with `> `, then what it prints.
        var commands: [ShownCommand] {
            lines.reduce(into: []) { commands, line in
                if line.hasPrefix("$ ") {
                    commands.append(ShownCommand(command: String(line.dropFirst(2))))
                } else if let last = commands.indices.last {
                    if line.hasPrefix("> "), commands[last].output.isEmpty {
                        commands[last].command += "\n" + line.dropFirst(2)
                    } else {
                        commands[last].output += line + "\n"
                    }
                }
            }
        }
    }

    /// The blocks of code, in their order.
    let blocks: [Block]

    /// Reads a document of the repository.
    ///
    /// Throws when it can't be read.
    init(_ path: String) async throws {
        let outcome = try await Program.run("cat", [path], in: Self.root)
        guard outcome.status == 0 else { throw TestFailure("\(path): \(outcome.errors)") }
        self.init(text: outcome.output)
    }

    init(text: String) {
        var blocks: [Block] = []
        var isFenced = false
        var former: Substring = ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                isFenced.toggle()
                if isFenced { blocks.append(Block(mark: String(line.dropFirst(3)))) }
            } else if isFenced {
                blocks[blocks.count - 1].lines.append(line)
            } else if line.hasPrefix("    ") {
                // Lines that are indented behind text that is go on with that text.
                if former.isEmpty { blocks.append(Block(mark: "")) }
                if former.isEmpty || former.hasPrefix("    ") {
                    blocks.indices.last.map { blocks[$0].lines.append(line.dropFirst(4)) }
                }
            }
            former = line
        }
        self.blocks = blocks
    }
}
