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
        try await writer.commit { try $0.addSnapshot(name, by: authorship) }
    }

    func rollBack(to point: String, _ scope: RollbackScope, by authorship: Authorship) async throws -> Int? {
        let change = try await change { tap in
            try tap.checkExpected(by: authorship)
            let target = try tap.revision(of: point)
            return WantedChange(
                application: try tap.application(rolledBackTo: target, scope),
                affected: try tap.services(changedSince: target, scope))
        } store: { tap, _ in
            try tap.checkExpected(by: authorship)
            return try tap.rollBack(to: tap.revision(of: point), scope, status: .pending, by: authorship)
        }
        return change.revision
    }

    func add(_ service: ServiceDefinition, by authorship: Authorship) async throws -> AddedService {
        let change = try await change { tap in
            try tap.checkExpected(by: authorship)
            let (application, name) = try tap.application(adding: service)
            return WantedChange(application: application, affected: [name])
        } store: { tap, wanted in
            try tap.checkExpected(by: authorship)
            _ = try tap.store(wanted.application)
            return try tap.addRevision(.change, status: .pending, by: authorship)
        }
        return AddedService(name: change.wanted.affected.first ?? service.name, revision: change.revision ?? 0)
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
