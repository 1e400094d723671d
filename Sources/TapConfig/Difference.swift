package import TapData

/// One place where two trees differ, as `tapctl diff --json` prints it.
package struct Difference: Sendable, Equatable, Codable {
    package var path: String
    /// What is there before; null: nothing.
    package var from: Datum
    package var to: Datum

    package init(path: String, from: Datum, to: Datum) {
        self.path = path
        self.from = from
        self.to = to
    }

    /// All places where two trees differ, in the order of the first.
    ///
    /// Lists are compared as a whole.
    package static func between(_ from: Datum, _ to: Datum, at path: String = "") -> [Difference] {
        guard from != to else { return [] }
        guard case .object(let before) = from, case .object(let after) = to else {
            return [Difference(path: path, from: from, to: to)]
        }
        let keys = before.keys + after.keys.filter { before[$0] == nil }
        return keys.flatMap { key in
            between(before[key] ?? .null, after[key] ?? .null, at: path.isEmpty ? key : "\(path).\(key)")
        }
    }
}
