import ArgumentParser
import TapData

/// What ArgumentParser says of a command line, as data.
enum CommandHelp {
    /// The command, its arguments and subcommands.
    ///
    /// Throws `SyntaxError` when it can't be read.
    static func of(_ command: any ParsableCommand.Type) throws -> DatumObject {
        try JSONReader.read(command._dumpHelp()).datum.object?["command"]?.object ?? [:]
    }

    /// The names of an argument as they are typed: `--port`, `-p`.
    static func names(of argument: DatumObject) -> [String] {
        elements(argument["names"]).compactMap { name in
            name["name"]?.string.map { name["kind"] == .string("short") ? "-\($0)" : "--\($0)" }
        }
    }

    /// The objects of a list; none for anything else.
    static func elements(_ list: Datum?) -> [DatumObject] {
        if case .array(let elements)? = list { elements.compactMap(\.object) } else { [] }
    }
}
