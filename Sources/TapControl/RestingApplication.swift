package import TapConfig
package import TapData
package import TapFile
package import Taproom

/// The verbs on an application that does not run, done on its tap directly.
package struct RestingApplication: ControlledApplication {
    private let path: String
    private let kinds: KindList
    private let passphrase: String?

    /// The application of a tap.
    ///
    /// The file is opened for each verb, with the passphrase when it is encrypted.
    package init(path: String, kinds: KindList, passphrase: String? = nil) {
        self.path = path
        self.kinds = kinds
        self.passphrase = passphrase
    }

    private func reading<Result>(_ body: (Tap) throws -> Result) throws -> Result {
        let tap = try Tap(opening: path, for: .reading, passphrase: passphrase)
        let result = try body(tap)
        try tap.close()
        return result
    }

    private func writing<Result>(_ body: (Tap) throws -> Result) throws -> Result {
        let tap = try Tap(opening: path, for: .writing, passphrase: passphrase)
        let result = try tap.commit {
            _ = try tap.failPendingRevisions()
            _ = try tap.takeBackUnconfirmed(by: UserName.current, origin: "tapctl")
            return try body(tap)
        }
        try tap.close()
        return result
    }

    package func revision() async throws -> Int { try reading { try $0.activeRevision() } }

    package func status() async throws -> StatusReport {
        try reading { tap in
            let application = try tap.application()
            let services = application.servicesByPath.map { path, service in
                StatusReport.Service(
                    name: path, kind: service.kind, enabled: service.isEnabled, state: .stopped, restarts: 0,
                    endpoints: endpoints(of: service))
            }
            let revision = try tap.activeRevision()
            return StatusReport(
                name: application.name, tap: LocalPath(path, in: LocalPath.workingFolder).text, revision: revision,
                running: false,
                durable: .init(revision: try tap.latestRevision(), lossWindow: 0), services: services,
                unconfirmed: try tap.confirmation())
        }
    }

    /// What is asked for; a kind this program does not know tells nothing.
    private func endpoints(of service: ServiceDefinition) -> [String] {
        let kind = try? kinds.kind(service.kind)
        return kind?.endpoints(stored: service.settings).map(\.description) ?? []
    }

    package func contents(of path: String?, at point: String?) async throws -> Datum {
        try reading { try $0.contents(of: path, at: point) }
    }

    package func description(at point: String?) async throws -> Datum {
        try reading { tap in
            Description.datum(of: try tap.application(at: point.map { try tap.revision(of: $0) }))
        }
    }

    package func history() async throws -> [Revision] { try reading { try $0.history() } }

    package func differences(from: String, to: String?) async throws -> [Difference] {
        try reading { try $0.differences(from: from, to: to) }
    }

    package func snapshot(_ name: String?, by authorship: Authorship) async throws -> Int {
        try writing { try $0.addSnapshot(name, by: authorship) }
    }

    package func rollBack(to point: String, _ scope: RollbackScope, by authorship: Authorship) async throws -> Int? {
        try writing { tap in
            try tap.checkExpected(by: authorship)
            let revision = try tap.rollBack(to: tap.revision(of: point), scope, by: authorship)
            // Who goes back himself has decided about the change that waited for it.
            try tap.store(nil as Confirmation?)
            return revision
        }
    }

    package func plan(_ request: ChangeRequest) async throws -> ChangePlan {
        try reading { tap in
            let application = try tap.application()
            let change = try tap.decide(request, on: application, kinds: kinds).change
            return ChangePlan(change, kinds: kinds).listingUnchanged(in: change.new)
        }
    }

    package func change(_ request: ChangeRequest, by authorship: Authorship) async throws -> ChangeOutcome {
        try writing { tap in
            let decided = try tap.decide(request, on: tap.application(), kinds: kinds)
            let revision = try tap.store(decided, request, status: .active, by: authorship)
            return ChangeOutcome(
                revision: revision, plan: ChangePlan(decided.change, kinds: kinds), of: decided.change,
                confirmation: try tap.confirmation())
        }
    }

    package func confirm(by authorship: Authorship) async throws -> Int {
        try writing { tap in
            try tap.checkExpected(by: authorship)
            return try tap.confirm()
        }
    }

    package func restart(_ service: String, by authorship: Authorship) async throws {
        throw ControlError.notRunning(tap: path)
    }

    package func blame(_ path: String?) async throws -> [Blame] { try reading { try $0.blame(path) } }

    package func drift(from description: DescriptionText?) async throws -> [Drift] {
        try reading { try $0.drift(from: description?.base, kinds: kinds) }
    }

    package func prune(_ request: PruneRequest, by authorship: Authorship) async throws -> Pruning {
        let tap = try Tap(opening: path, for: .writing, passphrase: passphrase)
        let pruning = try tap.prune(request, by: authorship)
        try tap.close()
        return pruning
    }

    package func save() async throws {}

    package func verify() async throws -> [String] { try reading { try $0.findings(kinds: kinds) } }

    package func reload(by authorship: Authorship) async throws -> Reloaded {
        throw ControlError.notRunning(tap: path)
    }

    package func upgrade(by authorship: Authorship) async throws -> Upgraded {
        throw ControlError.notRunning(tap: path)
    }

    package func tokens() async throws -> [ControlToken] { try reading { try $0.tokens() } }

    package func addToken(_ name: String, _ role: ControlToken.Role) async throws -> String {
        try writing { try $0.newToken(name, role) }
    }

    package func removeToken(_ name: String) async throws { try writing { try $0.revokeToken(name) } }

    package func stop() async throws { throw ControlError.notRunning(tap: path) }
}
