package import TapConfig
package import TapData
package import TapFile

/// The verbs on an application, the same for one at rest and one that runs.
///
/// Every verb throws a `ReportableError`; the application is then as it was.
package protocol ControlledApplication: Sendable {
    /// The number of the active revision.
    func revision() async throws -> Int
    func status() async throws -> StatusReport
    /// Settings and state as a tree, or what a path such as `web.listen` or `web.state.counters` leads to in it.
    func contents(of path: String?, at point: String?) async throws -> Datum
    /// The canonical description as data.
    func description(at point: String?) async throws -> Datum
    func history() async throws -> [Revision]
    /// What is different between two points; nil: now.
    func differences(from: String, to: String?) async throws -> [Difference]
    /// Captures settings and state as they are, under a name if one is given. Answers the revision.
    func snapshot(_ name: String?, by authorship: Authorship) async throws -> Int
    /// Goes back to an earlier point. Answers the new revision, or nil when nothing differs.
    func rollBack(to point: String, _ scope: RollbackScope, by authorship: Authorship) async throws -> Int?
    /// What a change would do, and nothing more.
    func plan(_ request: ChangeRequest) async throws -> ChangePlan
    /// Changes settings: all that is asked for or nothing, as one revision.
    func change(_ request: ChangeRequest, by authorship: Authorship) async throws -> ChangeOutcome
    /// Says that the change that waits for it counts for good. Answers its revision.
    func confirm(by authorship: Authorship) async throws -> Int
    /// Has another one with the same settings take the place of a running service, or of all in a group.
    func restart(_ service: String, by authorship: Authorship) async throws
    /// Who said that the settings below a path are what they are; nil: all settings.
    func blame(_ path: String?) async throws -> [Blame]
    /// Where settings differ from a description; nil: from the one the application was made from.
    func drift(from description: DescriptionText?) async throws -> [Drift]
    /// Removes points of the history.
    func prune(_ request: PruneRequest, by authorship: Authorship) async throws -> Pruning
    /// Puts on disk what is still in memory only.
    func save() async throws
    /// What is wrong with the stored data; empty when nothing is.
    func verify() async throws -> [String]
    /// Reads the description of a running application again, and runs what it says.
    func reload(by authorship: Authorship) async throws -> Reloaded
    /// Has a new program take over a running application, and returns when it serves.
    func upgrade(by authorship: Authorship) async throws -> Upgraded
    /// Who may ask over TCP, by name.
    func tokens() async throws -> [ControlToken]
    /// Makes a token of a name, and answers its text, which is not kept.
    func addToken(_ name: String, _ role: ControlToken.Role) async throws -> String
    /// Takes the right of a token away.
    func removeToken(_ name: String) async throws
    /// Asks a running application to stop, and returns when it has begun to.
    func stop() async throws
}

/// What came of reading a description again.
package struct Reloaded: Sendable, Equatable, Codable {
    /// The revision that says what the description does; nil: it says nothing new.
    package var revision: Int?
    /// The paths of the services that were started, stopped or started again for it.
    package var services: [String]

    package init(revision: Int?, services: [String]) {
        self.revision = revision
        self.services = services
    }
}

/// The program that took over.
package struct Upgraded: Sendable, Equatable, Codable {
    /// The number of its process.
    package var process: Int

    package init(process: Int) { self.process = process }
}
