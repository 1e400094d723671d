import ArgumentParser
import TapConfig
import TapData
import Taproom

extension Tapctl {
    struct Schema: Verb {
        static let configuration = CommandConfiguration(
            abstract: "Print the JSON Schema of descriptions, or of the settings of a kind.",
            usage: "tapctl schema [KIND] [--markdown]",
            discussion: """
                Editors complete and check a description that names the schema: the key "$schema", or in YAML a comment \
                "# yaml-language-server: $schema=FILE".
                """)
        @Flag(name: .long, help: "Print the settings of a kind as a table in Markdown.")
        var markdown = false
        @Flag(name: .long, help: "Print JSON, which is the default.")
        var json = false
        @Argument(help: "The kind. Default: the whole description, with all kinds.")
        var kind: String?

        func perform(_ invocation: Invocation) throws -> ExitStatus {
            guard !markdown || !json else { throw UsageError(problem: "--markdown and --json exclude each other") }
            guard let word = kind else {
                guard !markdown else {
                    throw UsageError(problem: "--markdown shows one kind: name it", help: "schema --help")
                }
                print(try DescriptionSchema.document(kinds: invocation.kinds), invocation)
                return .done
            }
            let kind = try invocation.kinds.kind(word)
            if markdown {
                invocation.console.print(try SettingsTable.markdown(of: kind))
            } else {
                print(try DescriptionSchema.document(of: kind), invocation)
            }
            return .done
        }

        private func print(_ schema: Datum, _ invocation: Invocation) {
            invocation.console.print(JSONWriter.pretty(schema) + "\n")
        }
    }
}
