package import TapConfig
package import TapData
package import TapFile

/// An application as somebody sees it who may not do everything.
///
/// The roles are those of the HTTP API: what it answers to `GET` is for those who may look.
package struct AdmittedApplication: ControlledApplication {
    private let application: any ControlledApplication
    private let name: String
    private let role: ControlRole

    /// Lets somebody do with an application what a role allows.
    package init(_ application: any ControlledApplication, name: String, role: ControlRole) {
        (self.application, self.name, self.role) = (application, name, role)
    }

    /// The application, for what needs a role.
    ///
    /// Throws ``ControlError/needsRole(_:name:)``.
    private func admit(_ needed: ControlRole) throws(ControlError) -> any ControlledApplication {
        guard role >= needed else { throw .needsRole(needed, name: name) }
        return application
    }

    package func revision() async throws -> Int { try await admit(.read).revision() }

    package func status() async throws -> StatusReport { try await admit(.read).status() }

    package func contents(of path: String?, at point: String?) async throws -> Datum {
        try await admit(.read).contents(of: path, at: point)
    }

    package func description(at point: String?) async throws -> Datum { try await admit(.read).description(at: point) }

    package func history() async throws -> [Revision] { try await admit(.read).history() }

    package func differences(from: String, to: String?) async throws -> [Difference] {
        try await admit(.read).differences(from: from, to: to)
    }

    package func snapshot(_ name: String?, by authorship: Authorship) async throws -> Int {
        try await admit(.write).snapshot(name, by: authorship)
    }

    package func rollBack(to point: String, _ scope: RollbackScope, by authorship: Authorship) async throws -> Int? {
        try await admit(.write).rollBack(to: point, scope, by: authorship)
    }

    package func plan(_ request: ChangeRequest) async throws -> ChangePlan { try await admit(.read).plan(request) }

    package func change(_ request: ChangeRequest, by authorship: Authorship) async throws -> ChangeOutcome {
        try await admit(.write).change(request, by: authorship)
    }

    package func confirm(by authorship: Authorship) async throws -> Int {
        try await admit(.write).confirm(by: authorship)
    }

    package func restart(_ service: String, by authorship: Authorship) async throws {
        try await admit(.write).restart(service, by: authorship)
    }

    package func blame(_ path: String?) async throws -> [Blame] { try await admit(.read).blame(path) }

    package func drift(from description: DescriptionText?) async throws -> [Drift] {
        try await admit(.read).drift(from: description)
    }

    package func prune(_ request: PruneRequest, by authorship: Authorship) async throws -> Pruning {
        try await admit(.write).prune(request, by: authorship)
    }

    package func save() async throws { try await admit(.write).save() }

    package func verify() async throws -> [String] { try await admit(.read).verify() }

    package func reload(by authorship: Authorship) async throws -> Reloaded {
        try await admit(.write).reload(by: authorship)
    }

    package func upgrade(by authorship: Authorship) async throws -> Upgraded {
        try await admit(.write).upgrade(by: authorship)
    }

    package func tokens() async throws -> [ControlToken] { try await admit(.own).tokens() }

    package func addToken(_ name: String, _ role: ControlToken.Role) async throws -> String {
        try await admit(.own).addToken(name, role)
    }

    package func removeToken(_ name: String) async throws { try await admit(.own).removeToken(name) }

    package func stop() async throws { try await admit(.write).stop() }
}
