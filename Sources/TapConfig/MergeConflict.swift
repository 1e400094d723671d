import TapData
package import Taproom

/// A description and an application that were changed in the same places.
package struct MergeConflict: ReportableError {
    package var file: String
    package var tap: String
    package var conflicts: [Merge.Conflict]

    package init(file: String, tap: String, conflicts: [Merge.Conflict]) {
        self.file = file
        self.tap = tap
        self.conflicts = conflicts
    }

    package var exitStatus: ExitStatus { .configuration }

    package var description: String {
        conflicts.map { conflict in
            let name = conflict.extended ?? file
            let place = conflict.line.map { "\(name):\($0):\(conflict.column ?? 1)" } ?? name
            let change = conflict.revision.map {
                " (revision \($0)" + (conflict.author.map { ", \($0)" } ?? "") + ")"
            }
            let values = [("file", conflict.file), ("running", conflict.running), ("base", conflict.base)].map {
                name, value in
                "\(name): \(value.map(JSONWriter.line) ?? "nothing")"
            }
            return
                "\(place): \(conflict.path) was changed both here and at run time in \(tap)\(change ?? ""): \(values.joined(separator: ", "))"
        }.joined(separator: "\n")
    }

    package var advice: String? {
        "Choose with --on-conflict file or --on-conflict running, or take the changes into the file with tapctl export --into."
    }
}
