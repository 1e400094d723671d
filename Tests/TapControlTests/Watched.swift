import TapConfig
import TapControl
import TapData
import TapFile
import Taproom

/// An application that says how it is and can do nothing else.
struct Watched: ControlledApplication {
    private struct Unable: Error {}

    var report: @Sendable () async throws -> StatusReport

    init(_ states: [StatusReport.Service.State]) {
        let services = states.enumerated().map { number, state in
            StatusReport.Service(
                name: "web-\(number)", kind: "web", enabled: state != .stopped, state: state, restarts: number,
                endpoints: [])
        }
        report = {
            StatusReport(
                name: "site", tap: nil, revision: 7, running: true, durable: .init(revision: 8, lossWindow: 0),
                services: services)
        }
    }

    init(report: @escaping @Sendable () async throws -> StatusReport) { self.report = report }

    func revision() async throws -> Int { try await report().revision }
    func status() async throws -> StatusReport { try await report() }
    func contents(of path: String?, at point: String?) async throws -> Datum { throw Unable() }
    func description(at point: String?) async throws -> Datum { throw Unable() }
    func history() async throws -> [Revision] { throw Unable() }
    func differences(from: String, to: String?) async throws -> [Difference] { throw Unable() }
    func snapshot(_ name: String?, by authorship: Authorship) async throws -> Int { throw Unable() }
    func rollBack(to point: String, _ scope: RollbackScope, by authorship: Authorship) async throws -> Int? {
        throw Unable()
    }
    func plan(_ request: ChangeRequest) async throws -> ChangePlan { throw Unable() }
    func change(_ request: ChangeRequest, by authorship: Authorship) async throws -> ChangeOutcome { throw Unable() }
    func confirm(by authorship: Authorship) async throws -> Int { throw Unable() }
    func restart(_ service: String, by authorship: Authorship) async throws { throw Unable() }
    func blame(_ path: String?) async throws -> [Blame] { throw Unable() }
    func drift(from description: DescriptionText?) async throws -> [Drift] { throw Unable() }
    func prune(_ request: PruneRequest, by authorship: Authorship) async throws -> Pruning { throw Unable() }
    func save() async throws { throw Unable() }
    func verify() async throws -> [String] { throw Unable() }
    func reload(by authorship: Authorship) async throws -> Reloaded { throw Unable() }
    func upgrade(by authorship: Authorship) async throws -> Upgraded { throw Unable() }
    func tokens() async throws -> [ControlToken] { throw Unable() }
    func addToken(_ name: String, _ role: ControlToken.Role) async throws -> String { throw Unable() }
    func removeToken(_ name: String) async throws { throw Unable() }
    func stop() async throws { throw Unable() }
}
