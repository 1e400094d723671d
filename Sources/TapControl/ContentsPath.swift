package import TapData

/// A way into the contents of an application: `web`, `web.listen`, `backends/api.limits.body`.
package enum ContentsPath {
    /// The value at a path.
    ///
    /// Throws ``ControlError/unknownPath(_:problem:)`` that offers the nearest word.
    package static func value(at path: String, in contents: Datum) throws(ControlError) -> Datum {
        try value(
            path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)[...], in: contents, of: path)
    }

    /// The value that some steps of a path lead to.
    static func value(_ steps: ArraySlice<String>, in contents: Datum, of path: String) throws(ControlError) -> Datum {
        var value = contents
        for step in steps {
            guard let object = value.object else {
                throw .unknownPath(path, problem: "there is nothing inside of \(value.typeName)")
            }
            guard let next = object[step] else {
                throw .unknownPath(
                    path, problem: "there is no \"\(step)\".\(suggestion(for: step, among: object.keys))")
            }
            value = next
        }
        return value
    }
}
