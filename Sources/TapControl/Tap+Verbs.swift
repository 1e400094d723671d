import TapData
package import TapFile
package import Taproom

extension Tap {
    /// The number of a point: a revision's number, the newest snapshot of a name, or the revision that was the newest at a
    /// time (RFC 3339; shortened from the end it means the beginning of that day, hour or minute in UTC).
    package func revision(of point: String) throws -> Int {
        if let number = Int(point) {
            try checkRevision(number)
            return number
        }
        let history = try history()
        if let match = history.last(where: { $0.snapshot == point }) { return match.revision }
        guard let time = Timestamp.canonical(point) else {
            throw ControlError.unknownPoint(point, names: history.compactMap(\.snapshot))
        }
        guard let match = history.last(where: { $0.time <= time }) else {
            throw ControlError.beforeTheFirst(point, first: history.first?.time ?? "")
        }
        return match.revision
    }

    /// Throws ``ControlError/changedMeanwhile(expected:revision:)`` when somebody was faster than the one who asks.
    ///
    /// Inside of the ``commit(_:)`` that makes the change, so that nobody comes in between.
    package func checkExpected(by authorship: Authorship) throws {
        let revision = try activeRevision()
        guard let expected = authorship.expected, expected != revision else { return }
        throw ControlError.changedMeanwhile(expected: String(expected), revision: revision)
    }

    /// Captures settings and state under a name.
    ///
    /// Inside of ``commit(_:)``.
    package func addSnapshot(_ name: String?, by authorship: Authorship) throws -> Int {
        try checkExpected(by: authorship)
        if let name, let problem = Name.problem(name) { throw ControlError.badName(problem) }
        guard name.flatMap(Int.init) == nil else {
            throw ControlError.badName("must not be a number, which would be a revision")
        }
        return try addRevision(.snapshot, snapshot: name, by: authorship)
    }

    /// Removes points of the history as a request says.
    ///
    /// Outside of ``commit(_:)``.
    package func prune(_ request: PruneRequest, by authorship: Authorship) throws -> Pruning {
        let names = try history().compactMap(\.snapshot)
        if let unknown = request.snapshots.first(where: { !names.contains($0) }) {
            throw ControlError.unknownPoint(unknown, names: names)
        }
        return try prune(
            request.retention(of: application()), snapshots: Set(request.snapshots), isDryRun: request.dryRun
        ) { try checkExpected(by: authorship) }
    }

    /// What is wrong with the stored data, a sentence each: with the file, with what refers to what, with every row that
    /// a kind of this program knows how to read.
    package func findings(kinds: KindList) throws -> [String] {
        let broken = try integrityFindings()
        guard broken.isEmpty else { return broken }
        var findings: [String] = []
        let application = try application()
        for (path, service) in application.servicesByPath {
            let kind: any KnownKind
            do throws(UnknownKind) {
                kind = try kinds.kind(service.kind)
            } catch {
                let unknown = explained(error)
                var problem = "no kind is called \"\(service.kind)\" in this program"
                if unknown.failure != nil { problem = unknown.description }
                if let package = unknown.package { problem += "; the package \(package) brings it" }
                findings.append("service \"\(path)\": \(problem)")
                continue
            }
            findings += kind.check(service.settings).errors.map { "service \"\(path)\": \($0)" }
            findings += try stateFindings(path, kind)
        }
        return findings
    }

    private func stateFindings(_ path: String, _ kind: any KnownKind) throws -> [String] {
        guard let identity = try identities()[path] else { return [] }
        var findings: [String] = []
        for cell in try stateCells() where cell.service == identity {
            guard let declaration = kind.declaration(of: cell.cell) else {
                findings.append(
                    "service \"\(path)\": the cell \"\(cell.cell)\" is unknown to the kind \"\(kind.word)\"; it is kept"
                )
                continue
            }
            try eachRow(of: cell) { row in
                let place = row.key == .cell ? "" : "the row \(row.key.text): "
                guard declaration.accepts(TableKeyForm(row.key)) else {
                    findings.append(
                        "service \"\(path)\": \(place)the key is none of the \(declaration.isTable ? "table" : "cell") \"\(cell.cell)\""
                    )
                    return
                }
                do { _ = try declaration.migrated(row.value) } catch {
                    findings.append("service \"\(path)\": \(place)\(error)")
                }
            }
        }
        return findings
    }

    /// Makes a token, and answers its text.
    ///
    /// Inside of ``commit(_:)``. Throws ``ControlError`` for a name that is none or has a token already.
    package func newToken(_ name: String, _ role: ControlToken.Role) throws -> String {
        if let problem = Name.problem(name) { throw ControlError.badName(problem) }
        guard let text = try addToken(name, role) else { throw ControlError.tokenExists(name) }
        return text
    }

    /// Takes the right of a token away.
    ///
    /// Inside of ``commit(_:)``. Throws ``ControlError/unknownToken(_:known:)``.
    package func revokeToken(_ name: String) throws {
        guard try removeToken(name) else { throw ControlError.unknownToken(name, known: try tokens().map(\.name)) }
    }
}
