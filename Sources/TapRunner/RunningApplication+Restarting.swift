import Logging
import TapConfig
import TapControl
import TapFile
import Taproom

extension RunningApplication {
    func restart(_ service: String, by authorship: Authorship) async throws {
        await beginChange()
        defer { endChange() }
        guard !isStopping else { throw StateError.closed }
        let application = application
        guard application.service(at: service) != nil else {
            throw ControlError.unknownService(service, known: application.servicesByPath.map(\.path))
        }
        guard application.isActive(service) else { throw ControlError.notActive(service) }
        let meant = application.servicesByPath.filter { path, definition in
            (path == service || path.hasPrefix(service + "/")) && !definition.isGroup && application.isActive(path)
        }
        try await replace(meant) { try $0.checkExpected(by: authorship) }
        logger.notice(
            "restarted", metadata: ["service": "\(service)", "by": "\(authorship.author)"])
    }

    /// Has services that refer to secrets read them again: others with the same settings take their place.
    ///
    /// `others` are those that were just made. Answers the paths. Throws what keeps one from being made; all go on as they are.
    func renewSecrets(except others: [String]) async throws -> [String] {
        await beginChange()
        defer { endChange() }
        guard !isStopping else { return [] }
        let made = Set(others)
        let holders = services.map(\.plan).filter { plan in
            !made.contains(plan.path) && SecretLiterals.hasReference(in: plan.definition.settings)
        }
        guard !holders.isEmpty else { return [] }
        try await replace(holders.map { ($0.path, $0.definition) })
        return holders.map(\.path)
    }

    /// Has others with the same settings take the place of services, all or none.
    private func replace(
        _ meant: [(path: String, service: ServiceDefinition)],
        checking check: @escaping @Sendable (Tap) throws -> Void = { _ in }
    ) async throws {
        var work = ServiceSwitch(ChangePlan(restarting: meant.map { ($0.path, $0.service.kind) }), sockets)
        try work.prepare(application, kinds: kinds, passed: passed) { _ in false }
        do {
            let identities = try await writer.perform { [paths = work.pathsToMake] tap in
                try check(tap)
                return Dictionary(try paths.map { ($0, try tap.identity(of: $0) ?? 0) }) { first, _ in first }
            }
            try await makeServices(&work, identities)
        } catch {
            for service in work.made { writer.discard(service: service.identity) }
            work.abandon()
            throw error
        }
        await carryOut(work)
    }
}
