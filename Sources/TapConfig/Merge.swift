package import TapData
package import Taproom

/// The three-way merge of a description with an application that was made from it and changed since.
///
/// What only one side changed is taken from that side; what both changed alike is fine; what both changed differently is
/// a conflict. Services are matched by name, their settings key by key.
package struct Merge {
    /// Whose word counts in a conflict.
    package enum Side: String, Sendable, CaseIterable {
        case file, running
    }

    /// A value that both sides changed.
    package struct Conflict: Sendable, Equatable {
        package var path: String
        /// Nil: it is not there.
        package var base: Datum?
        package var file: Datum?
        package var running: Datum?
    }

    /// What was not decided, in the order of the file.
    ///
    /// The merged application is only valid when there is none.
    package private(set) var conflicts: [Conflict] = []
    private let side: Side?
    private var merged = DatumObject()

    /// Merges.
    ///
    /// - Parameters:
    ///   - base: what the running application was made from; nil: nothing is known of it, so every difference is a conflict.
    ///   - file: what the file says now.
    ///   - running: the application as it is.
    ///   - side: whose word counts in a conflict; nil: it is reported.
    package init(base: Application?, file: Application, running: Application, favoring side: Side?) {
        self.side = side
        merged = objects(base.map(Merge.tree), Merge.tree(file), Merge.tree(running), at: "") ?? [:]
    }

    /// The merged application.
    ///
    /// Throws `DescriptionError` when the parts do not fit together.
    package func application(kinds: KindList) throws(DescriptionError) -> Application {
        var object = merged
        object["services"] = .array((merged["services"]?.object ?? [:]).members.map(\.value))
        return try DescriptionReader.read(
            YAMLWriter.write(.object(object)), file: "the merged description", folder: nil, kinds: kinds)
    }

    /// A description whose services are found by name.
    private static func tree(_ application: Application) -> DatumObject {
        var object = Description.datum(of: application).object ?? [:]
        var services = DatumObject()
        if case .array(let list)? = object["services"] {
            for service in list { services[service.object?["name"]?.string ?? ""] = service }
        }
        object["services"] = .object(services)
        return object
    }

    /// The merge of three objects.
    ///
    /// Nil: it is not there in the merge.
    private mutating func objects(_ base: DatumObject?, _ file: DatumObject, _ running: DatumObject, at path: String)
        -> DatumObject?
    {
        var result = DatumObject()
        for key in file.keys + running.keys.filter({ file[$0] == nil }) {
            let place = path.isEmpty ? key : "\(path).\(key)"
            result[key] = value(base?[key], file[key], running[key], at: place)
        }
        return result
    }

    private mutating func value(_ base: Datum?, _ file: Datum?, _ running: Datum?, at path: String) -> Datum? {
        if file == running || running == base { return file }
        if file == base { return running }
        if let file = file?.object, let running = running?.object {
            return objects(base?.object, file, running, at: path).map { .object($0) }
        }
        switch side {
        case .file: return file
        case .running: return running
        case nil:
            conflicts.append(Conflict(path: path, base: base, file: file, running: running))
            return running
        }
    }
}

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
            let values = [("file", conflict.file), ("running", conflict.running), ("base", conflict.base)].map {
                name, value in
                "\(name): \(value.map(JSONWriter.line) ?? "nothing")"
            }
            return
                "\(tap): \(conflict.path) was changed both in \(file) and at run time (\(values.joined(separator: ", ")))"
        }.joined(separator: "\n")
    }

    package var advice: String? { "Choose with --on-conflict file or --on-conflict running." }
}
