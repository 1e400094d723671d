package import TapConfig
package import TapData
package import TapFile
import Taproom

/// How many rows of a table are shown among other things.
private let rowsShown = 1000
/// How many rows are shown when a table is asked for by its path.
private let rowsListed = 100_000

extension Tap {
    /// Settings and state as one tree: `application`, then each service by its path.
    ///
    /// Of large tables the first rows are shown.
    private func contents(at revision: Int?) throws -> Datum {
        let identities = try identities(at: revision)
        let cells = Dictionary(grouping: try stateCells(), by: \.service)
        return try tree(of: application(at: revision)) { path in
            var state = DatumObject()
            for cell in identities[path].flatMap({ cells[$0] }) ?? [] {
                state[cell.cell] = try contents(of: cell, at: revision, limit: rowsShown)
            }
            return state
        }
    }

    private func tree(of application: Application, state: (_ path: String) throws -> DatumObject) throws -> Datum {
        var head: DatumObject = ["name": .string(application.name)]
        head["user"] = application.user.map { .string($0) }
        head["group"] = application.group.map { .string($0) }
        head["retention"] = try application.retention.map { try DatumEncoder().encode($0) }
        var tree: DatumObject = ["application": .object(head)]
        for (path, service) in application.servicesByPath {
            var object: DatumObject = ["kind": .string(service.kind), "enabled": .bool(service.isEnabled)]
            if service.restart != RestartPolicy() { object["restart"] = try DatumEncoder().encode(service.restart) }
            for (key, value) in service.settings.members { object[key] = value }
            let state = try state(path)
            if !state.isEmpty { object["state"] = .object(state) }
            tree[path] = .object(object)
        }
        return .object(tree)
    }

    /// The whole, or what a path leads to, at a point.
    package func contents(of path: String?, at point: String?) throws -> Datum {
        let revision = try point.map { try self.revision(of: $0) }
        return try path.map { try contents(of: $0, at: revision) } ?? contents(at: revision)
    }

    /// What a path such as `web.listen` or `chat.state.names.alice` leads to.
    ///
    /// Throws ``ControlError/unknownPath(_:problem:)`` that offers the nearest word.
    private func contents(of path: String, at revision: Int?) throws -> Datum {
        let steps = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        if steps.count > 2, steps[1] == "state", let service = try identities(at: revision)[steps[0]] {
            let cell = StateCell(service: service, cell: steps[2])
            // A row is looked up by itself, for a table can be larger than what is shown of it.
            if steps.count == 3, let listed = try contents(of: cell, at: revision, limit: rowsListed) { return listed }
            for count in stride(from: steps.count, to: 3, by: -1) {
                let key = steps[3..<count].joined(separator: ".")
                guard let row = try row(of: cell, key, at: revision) else { continue }
                return try ContentsPath.value(steps[count...], in: CBOR.decode(row.bytes), of: path)
            }
        }
        return try ContentsPath.value(at: path, in: contents(at: revision))
    }

    private func row(of cell: StateCell, _ key: String, at revision: Int?) throws -> StoredValue? {
        let keys = [Int64(key).map(StateKey.integer), .text(key)].compactMap { $0 }
        for key in keys {
            let address = StateAddress(service: cell.service, cell: cell.cell, key: key)
            if let value = try stateValue(address, at: revision) { return value }
        }
        return nil
    }

    /// The value of a cell, or the rows of a table by their keys; nil when it has none then.
    private func contents(of cell: StateCell, at revision: Int?, limit: Int) throws -> Datum? {
        let rows = try rows(of: cell, at: revision, limit: limit + 1)
        guard let first = rows.first else { return nil }
        if first.key == .cell { return try CBOR.decode(first.value.bytes) }
        var object = DatumObject()
        for row in rows.prefix(limit) { object[row.key.text] = try CBOR.decode(row.value.bytes) }
        if rows.count > limit { object["..."] = .string("these are the first \(limit) rows") }
        return .object(object)
    }

    /// What is different between two points; nil: now.
    ///
    /// The time grows with what changed in between.
    package func differences(from: String, to: String?) throws -> [Difference] {
        let (from, to) = (try revision(of: from), try to.map { try revision(of: $0) })
        let settings = Difference.between(
            try tree(of: application(at: from)) { _ in [:] }, try tree(of: application(at: to)) { _ in [:] })
        return try settings + stateDifferences(from, to)
    }

    private func stateDifferences(_ from: Int, _ to: Int?) throws -> [Difference] {
        let (before, after) = (try identities(at: from), try identities(at: to))
        let paths = Set(before.keys).union(after.keys).sorted()
        let changes = Dictionary(grouping: try stateChanges(from: from, to: to), by: \.address.service)
        return try paths.flatMap { path -> [Difference] in
            guard before[path] != after[path] else {
                return try (before[path].flatMap { changes[$0] } ?? []).flatMap { change in
                    try differences(at: path, change.address, change.from, change.to)
                }
            }
            // Another service has the name now: all that the old one had is gone.
            let old = try before[path].map { try state(of: $0, at: from) } ?? [:]
            let new = try after[path].map { try state(of: $0, at: to) } ?? [:]
            return Difference.between(.object(old), .object(new), at: "\(path).state")
        }
    }

    private func state(of service: Int64, at revision: Int?) throws -> DatumObject {
        var state = DatumObject()
        for cell in try stateCells() where cell.service == service {
            state[cell.cell] = try contents(of: cell, at: revision, limit: rowsShown)
        }
        return state
    }

    private func differences(
        at path: String, _ address: StateAddress, _ from: StoredValue?, _ to: StoredValue?
    ) throws -> [Difference] {
        let place = "\(path).state.\(address.cell)" + (address.key == .cell ? "" : ".\(address.key.text)")
        return Difference.between(
            try from.map { try CBOR.decode($0.bytes) } ?? .null, try to.map { try CBOR.decode($0.bytes) } ?? .null,
            at: place)
    }
}
