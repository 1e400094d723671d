import TapConfig
import TapControl
import TapData
import TapFile
import Taproom

extension RunningApplication: ControlledApplication {
    func revision() async throws -> Int { try await writer.perform { try $0.activeRevision() } }

    func status() async throws -> StatusReport { try await statusReport() }

    func contents(at point: String?) async throws -> Datum {
        try await writer.commit { tap in try tap.contents(at: point.map { try tap.revision(of: $0) }) }
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
        // What is in memory only is stored first, so that the comparison sees it.
        let (target, application, affected) = try await writer.commit { tap in
            let target = try tap.revision(of: point)
            return (target, try tap.application(rolledBackTo: target, scope), try tap.services(changedSince: target, scope))
        }
        return try await change(to: application, affecting: { affected.contains($0) }) { tap in
            try tap.rollBack(to: target, scope, status: .pending, by: authorship)
        }
    }

    func add(_ service: ServiceDefinition, by authorship: Authorship) async throws -> AddedService {
        let (application, name) = try await writer.perform { try $0.application(adding: service) }
        let revision = try await change(to: application, affecting: { $0 == name }) { tap in
            _ = try tap.store(application)
            return try tap.addRevision(.change, status: .pending, by: authorship)
        }
        return AddedService(name: name, revision: revision ?? 0)
    }

    func verify() async throws -> [String] {
        let kinds = kinds
        return try await writer.commit { try $0.findings(kinds: kinds) }
    }

    func stop() async throws { requestStop() }
}
