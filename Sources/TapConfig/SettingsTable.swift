import TapData
package import Taproom

/// The settings of a kind as a table in Markdown, for its page of documentation.
package enum SettingsTable {
    /// The lines of the table, each with its line feed.
    ///
    /// Throws when the defaults of the kind can't be encoded.
    package static func markdown(of kind: any KnownKind) throws -> String {
        let head = "| key | meaning | values | default |\n| --- | --- | --- | --- |\n"
        return try head + DescriptionSchema.rows(of: kind).map(line).joined()
    }

    /// The same for a kind that is compiled into the program.
    ///
    /// Throws when the defaults of the kind can't be encoded.
    package static func markdown(of kind: any ServiceKind.Type) throws -> String {
        try markdown(of: CompiledKind(kind))
    }

    private static func line(_ row: SettingRow) -> String {
        // The default of a group is those of its keys, which follow.
        let isPlain = row.usual == .null || row.values == Shape.group([]).noun()
        let usual = isPlain ? "" : "`\(cell(row.usual.string ?? JSONWriter.line(row.usual)))`"
        return "| `\(row.key)` | \(cell(row.meaning)) | \(cell(row.values)) | \(usual) |\n"
    }

    /// A bar would end the cell.
    private static func cell(_ text: String) -> String {
        text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
    }
}
