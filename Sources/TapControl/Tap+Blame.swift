import TapConfig
import TapData
package import TapFile
package import Taproom

extension Tap {
    /// Who said that the settings below a path are what they are; nil: all settings.
    ///
    /// Throws ``ControlError/unknownPath(_:problem:)`` when there is nothing at the path.
    package func blame(_ path: String?) throws -> [Blame] {
        let application = try application()
        let paths: [EditPath]
        if let path {
            do throws(EditProblem) {
                paths = [try EditPath(path, in: application)]
            } catch {
                throw ControlError.unknownPath(error.path, problem: error.text)
            }
        } else {
            paths =
                EditPath.applicationKeys.map { EditPath(service: nil, keys: [$0]) }
                + application.servicesByPath.map { EditPath(service: $0.path, keys: []) }
        }
        let revisions = Dictionary(try history().map { ($0.revision, $0) }) { first, _ in first }
        let found = try paths.flatMap { try leaves(below: $0) }.compactMap { leaf -> Blame? in
            guard let revision = revisions[leaf.born] else { return nil }
            return Blame(
                path: leaf.path.description, value: leaf.value, revision: leaf.born, author: revision.author,
                origin: revision.origin, time: revision.time, comment: revision.comment)
        }
        guard let path, found.isEmpty else { return found }
        throw ControlError.unknownPath(path, problem: "nothing is set there; it has its default")
    }

    /// The revision that made what a path names what it is, or, when nothing is there, that took it away.
    func lastChange(of path: String, in application: Application) throws -> Revision? {
        guard let parsed = try? EditPath(path, in: application) else {
            return try removal(of: path)
        }
        let versions = try versions(of: parsed)
        guard let now = versions.first else { return nil }
        let value = Tap.value(now.datum, parsed.keys)
        let same = versions.prefix { Tap.value($0.datum, parsed.keys) == value }
        return try same.last.flatMap { last in try history().first { $0.revision == last.born } }
    }

    /// The revision that removed a service.
    private func removal(of path: String) throws -> Revision? {
        guard let ended = try endOfService(path) else { return nil }
        return try history().first { $0.revision == ended }
    }

    private struct Leaf {
        var path: EditPath
        var value: Datum
        var born: Int
    }

    private func leaves(below path: EditPath) throws -> [Leaf] {
        let versions = try versions(of: path)
        guard let now = versions.first, let value = Tap.value(now.datum, path.keys) else { return [] }
        return Tap.leaves(of: value, path).map { leaf, value in
            let same = versions.prefix { Tap.value($0.datum, leaf.keys) == value }
            return Leaf(path: leaf, value: value, born: same.last?.born ?? now.born)
        }
    }

    /// What a path's service, or the application, was, as a description says it, from now back.
    private func versions(of path: EditPath) throws -> [(born: Int, datum: Datum)] {
        guard let service = path.service else {
            return try versionsOfApplication().map { ($0.born, Description.datum(of: $0.application)) }
        }
        return try versions(ofService: service).map { ($0.born, Description.datum(of: $0.definition)) }
    }

    private static func value(_ datum: Datum, _ keys: [String]) -> Datum? {
        keys.reduce(datum) { datum, key in datum?.object?[key] }
    }

    private static func leaves(of value: Datum, _ path: EditPath) -> [(path: EditPath, value: Datum)] {
        guard case .object(let object) = value, !object.isEmpty else { return [(path, value)] }
        return object.members.flatMap { key, value in
            leaves(of: value, EditPath(service: path.service, keys: path.keys + [key]))
        }
    }
}

extension Tap {
    /// Where the application differs from a description: the one given, or the one it was made from.
    ///
    /// Throws ``ControlError/noDescription`` when it was made from none, and `DescriptionError`.
    package func drift(from description: BaseDescription?, kinds: KindList) throws -> [Drift] {
        guard let base = try description ?? base() else { throw ControlError.noDescription }
        let file = try DescriptionReader.reading(
            base.text, file: base.fileName, folder: base.folder, kinds: kinds, isKept: false)
        let running = try application()
        let change = ApplicationChange(from: file.application, to: running, renames: [:])
        let plan = ChangePlan(change, kinds: kinds)
        return try (plan.application + plan.services.flatMap(\.changes)).map { difference in
            let place = position(of: difference.path, in: file)
            let blame = try lastChange(of: difference.path, in: running)
            return Drift(
                path: difference.path, file: difference.from, running: difference.to, line: place.line,
                column: place.column, extended: file.file(of: place), revision: blame?.revision, author: blame?.author)
        }
    }
}
