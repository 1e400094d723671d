package import Taproom

/// What was removed from a history.
package struct Pruning: Sendable, Equatable, Codable {
    /// The numbers of the revisions that are gone, oldest first.
    package var revisions: [Int]
    /// What the tap takes now, in bytes, when the file is alone.
    package var size: Int

    package init(revisions: [Int], size: Int) {
        self.revisions = revisions
        self.size = size
    }
}

extension Tap {
    /// Removes the points that a retention does not keep, and what was stored for them only.
    ///
    /// The active revision, the newest one and those under way are always kept, and so are snapshots with a name unless they
    /// are listed in `snapshots`. To be called outside of ``commit(_:)``: it is one transaction by itself, after which the
    /// file is made smaller.
    ///
    /// - Parameters:
    ///   - retention: the rules.
    ///   - snapshots: names of snapshots that go whatever the rules say.
    ///   - isDryRun: whether it is only said what would be removed.
    ///   - check: what is looked at first, in the same transaction.
    /// - Returns: what was removed.
    /// - Throws: ``TapFileError``, or what `check` throws; nothing is removed then.
    package func prune(
        _ retention: Retention, snapshots: Set<String> = [], isDryRun: Bool = false, check: () throws -> Void = {}
    ) throws -> Pruning {
        var pruning = Pruning(revisions: [], size: 0)
        do {
            try commit {
                try check()
                pruning.revisions = try removeUnkept(retention, snapshots)
                pruning.size = Int(try size())
                if isDryRun { throw NothingIsDone() }
                // In the same transaction: whoever is told of an error must find everything there.
                try database.execute("PRAGMA incremental_vacuum")
            }
        } catch is NothingIsDone {
            return pruning
        }
        knownVersions = []
        return pruning
    }

    /// Ends a transaction whose outcome was only to be seen.
    private struct NothingIsDone: Error {}

    private func removeUnkept(_ retention: Retention, _ snapshots: Set<String>) throws -> [Int] {
        let history = try history()
        let latest = history.last?.revision
        let removable = history.filter { revision in
            guard revision.revision != latest, ![.active, .pending].contains(revision.status) else { return false }
            return revision.snapshot.map(snapshots.contains) ?? true
        }
        let kept = retention.kept(of: history)
        var removed = removable.filter { revision in
            revision.snapshot.map(snapshots.contains) ?? !kept.contains(revision.revision)
        }.map(\.revision)
        try remove(removed)
        var rest = removable.map(\.revision).filter { !removed.contains($0) }
        // A few at a time, for nobody knows what a point costs until it is gone.
        while let limit = retention.size, !rest.isEmpty, try size() > limit.bytes {
            let oldest = Array(rest.prefix(max(rest.count / 8, 1)))
            try remove(oldest)
            removed += oldest
            rest.removeFirst(oldest.count)
        }
        return removed.sorted()
    }

    /// The bytes in use.
    private func size() throws -> Int64 {
        let pages = try database.rows(
            "SELECT page_count - freelist_count FROM pragma_page_count, pragma_freelist_count"
        ) { $0.integer(0) }
        return (pages.first ?? 0) * Int64(Schema.pageSize)
    }

    private func remove(_ revisions: [Int]) throws {
        guard !revisions.isEmpty else { return }
        for number in revisions {
            try database.query("DELETE FROM revision WHERE number = ?", [.integer(Int64(number))])
        }
        // What holds in no revision that is left is nobody's.
        for table in ["application", "service", "base", "past"] {
            try database.query(
                """
                DELETE FROM \(table) WHERE died IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM revision WHERE number >= born AND number < died)
                """)
        }
        let services = Set(try database.rows("SELECT DISTINCT id FROM service") { $0.integer(0) })
        for cell in try stateCells() where !services.contains(cell.service) {
            for table in ["state", "past", "cell_version"] {
                try database.query(
                    "DELETE FROM \(table) WHERE service = ? AND cell = ?", [.integer(cell.service), .text(cell.cell)])
            }
        }
    }
}

extension Retention {
    /// The numbers of the revisions that the rules keep.
    fileprivate func kept(of history: [Revision]) -> Set<Int> {
        guard keep != nil || hourly != nil || daily != nil else { return Set(history.map(\.revision)) }
        var kept = Set(history.suffix(keep ?? 0).map(\.revision))
        // Times are texts that begin with the day and the hour: 2026-11-21T10.
        for (count, length) in [(hourly ?? 0, 13), (daily ?? 0, 10)] {
            var spans: [Substring] = []
            for revision in history.reversed() where spans.last != revision.time.prefix(length) {
                guard spans.count < count else { break }
                spans.append(revision.time.prefix(length))
                kept.insert(revision.revision)
            }
        }
        return kept
    }
}
