import TapData
import Taproom

/// What makes the data of the next version out of those of one, as a manifest declares it.
///
/// In this order: a group is replaced by one of its values, keys are renamed (all at once), keys go, keys that are missing
/// come, and what is there then becomes the value of a key.
struct TreeStep: Defaulted, Sendable {
    var unwrap: String?
    var rename: [String: String] = [:]
    var remove: [String] = []
    var add: [String: Datum] = [:]
    var wrap: String?

    /// Old data in the new form.
    ///
    /// Throws ``TreeStepFailure``.
    func applied(to old: Datum) throws(TreeStepFailure) -> Datum {
        var datum = old
        if let unwrap {
            guard let inner = old.object?[unwrap] else { throw TreeStepFailure("has no key \"\(unwrap)\"") }
            datum = inner
        }
        if !rename.isEmpty || !remove.isEmpty || !add.isEmpty {
            guard let object = datum.object else {
                throw TreeStepFailure("must be a group of keys, but is \(datum.typeName)")
            }
            datum = .object(changed(object))
        }
        return wrap.map { .object([$0: datum]) } ?? datum
    }

    private func changed(_ object: DatumObject) -> DatumObject {
        var changed = DatumObject()
        for (key, value) in object.members where !remove.contains(key) { changed[rename[key] ?? key] = value }
        for (key, value) in add.sorted(by: { $0.key < $1.key }) where changed[key] == nil { changed[key] = value }
        return changed
    }
}

/// Data that a step of a manifest can't be done with.
struct TreeStepFailure: Error, CustomStringConvertible {
    let description: String

    init(_ problem: String) { description = "the old value " + problem }
}

extension [TreeStep] {
    /// The chain of the steps, in which the version is one more than there are steps.
    var migration: Migration<Datum> {
        reduce(Migration<Datum>()) { chain, step in chain.to(Datum.self) { try step.applied(to: $0) } }
    }
}
