import TapConfig
import TapControl
import TapData
import TapFile
import Taproom

extension RunningApplication: ControlledApplication {
    func revision() async throws -> Int { try await writer.perform { try $0.activeRevision() } }

    func status() async throws -> StatusReport { try await statusReport() }

    func contents(of path: String?, at point: String?) async throws -> Datum {
        try await writer.commit { try $0.contents(of: path, at: point) }
    }

    func description(at point: String?) async throws -> Datum {
        try await writer.perform { tap in
            Description.datum(of: try tap.application(at: point.map { try tap.revision(of: $0) }))
        }
    }

    func history() async throws -> [Revision] { try await writer.perform { try $0.history() } }

    func differences(from: String, to: String?) async throws -> [Difference] {
        try await writer.commit { try $0.differences(from: from, to: to) }
    }

    func snapshot(_ name: String?, by authorship: Authorship) async throws -> Int {
        let revision = try await writer.commit { try $0.addSnapshot(name, by: authorship) }
        await tellRevisions()
        return revision
    }

    func rollBack(to point: String, _ scope: RollbackScope, by authorship: Authorship) async throws -> Int? {
        let outcome = try await change(capturing: scope.state) { tap, application in
            try tap.checkExpected(by: authorship)
            let target = try tap.revision(of: point)
            var change = ApplicationChange(from: application, to: try tap.application(rolledBackTo: target, scope))
            change.replaceState(of: try tap.services(withOtherStateAt: target, scope))
            return DecidedChange(change)
        } store: { tap, _ in
            try tap.checkExpected(by: authorship)
            return try tap.rollBack(to: tap.revision(of: point), scope, status: .pending, by: authorship)
        } conclude: { tap in
            // Who goes back himself has decided about the change that waited for it.
            try tap.store(nil as Confirmation?)
        }
        return outcome.revision
    }

    func plan(_ request: ChangeRequest) async throws -> ChangePlan {
        let (application, kinds) = (application, kinds)
        return try await writer.perform { tap in
            let change = try tap.decide(request, on: application, kinds: kinds).change
            return ChangePlan(change, kinds: kinds).listingUnchanged(in: change.new)
        }
    }

    func change(_ request: ChangeRequest, by authorship: Authorship) async throws -> ChangeOutcome {
        let kinds = kinds
        return try await change { tap, application in
            try tap.decide(request, on: application, kinds: kinds)
        } store: { tap, decided in
            try tap.store(decided, request, status: .pending, by: authorship)
        }
    }

    func blame(_ path: String?) async throws -> [Blame] { try await writer.perform { try $0.blame(path) } }

    func drift(from description: DescriptionText?) async throws -> [Drift] {
        let kinds = kinds
        return try await writer.perform { try $0.drift(from: description?.base, kinds: kinds) }
    }

    func prune(_ request: PruneRequest, by authorship: Authorship) async throws -> Pruning {
        try await writer.perform { try $0.prune(request, by: authorship) }
    }

    func save() async throws { try await writer.commit { _ in } }

    func verify() async throws -> [String] {
        let kinds = kinds
        return try await writer.commit { try $0.findings(kinds: kinds) }
    }

    func stop() async throws { requestStop() }
}
