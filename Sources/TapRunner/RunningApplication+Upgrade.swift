import Glibc
import Logging
import TapControl
import TapFile
import Taproom

/// What an application needs to hand itself over to a new program.
struct UpgradeMeans: Sendable {
    let program: ProgramStart
    let tap: String
    let passphrase: String?
    let lock: TapLock
    let sweeper: Sweeper?
    let pidFile: PidFile?
    let folder: CInt?
    let door: ControlDoor
    let serviceManager: ServiceManager
}

extension RunningApplication {
    /// How long connections are waited for that are in the middle of something, while new ones wait for the new program.
    ///
    /// Those that take longer are finished by the old program beside the new one; what they still want to store fails.
    private static let patience = Duration.milliseconds(500)

    /// Starts the new program, hands it every socket and the tap, and returns its process when it serves.
    ///
    /// The new program tries first, beside this one, whether it could run the application. Only then services stop here, the
    /// tap is closed and the new one takes over; connections that come meanwhile wait in the sockets, which stay open. When
    /// it fails at any time this application goes on: on its own tap, its own sockets, with its services started again if
    /// they had been stopped. Throws ``UpgradeError`` then.
    func upgrade(by authorship: Authorship) async throws -> Upgraded {
        guard let means = upgradeMeans else {
            throw UpgradeError.notPossible("it is in memory only, or in another root folder")
        }
        guard getpid() != 1 else {
            throw UpgradeError.notPossible("it is process 1, with which everything in its container ends")
        }
        await beginChange()
        defer { endChange() }
        guard !isStopping else { throw StateError.closed }
        logger.notice(
            "upgrading",
            metadata: [
                "application": "\(application.name)", "by": "\(authorship.author)", "origin": "\(authorship.origin)",
            ])
        do {
            // What can't be stored now could not be carried over.
            try await writer.commit { _ in }
            let successor = try Successor(
                means.program, manifest(means), means.serviceManager.environment,
                patience: RunningApplication.patience(forTap: means.tap))
            do {
                try await successor.prepared()
                try await handOver(to: successor, means, by: authorship)
            } catch {
                successor.end()
                throw error
            }
            logger.notice("handed over", metadata: ["process": "\(successor.process)"])
            report(.handedOver)
            return Upgraded(process: Int(successor.process))
        } catch {
            logger.error("no upgrade", metadata: ["error": "\(error)"])
            throw error
        }
    }

    /// How long a new program may take for each of its steps: a minute, and a second for each MiB that it may have to migrate.
    private static func patience(forTap path: String) -> Duration {
        var status = stat()
        return .seconds(60 + (stat(path, &status) == 0 ? Int(status.st_size) >> 20 : 0))
    }

    private func manifest(_ means: UpgradeMeans) -> HandoverManifest {
        HandoverManifest(
            lock: means.lock.descriptor,
            sockets: sockets.sockets(ofServices: application.servicesByPath.map(\.path)).map { .init($0) }
                + (passed?.remaining ?? []).map { .init($0) },
            control: means.door.sockets.unix.map { .init($0) },
            controlPort: means.door.sockets.tcp.map { .init($0) },
            pidFile: means.pidFile.map { .init(path: $0.path, descriptor: $0.descriptor) },
            sweeper: means.sweeper?.descriptor, folder: means.folder, passphrase: means.passphrase)
    }

    private func handOver(
        to successor: Successor, _ means: UpgradeMeans, by authorship: Authorship
    ) async throws {
        await means.door.shut()
        let leaving = draining + services
        (services, draining) = ([], [])
        do {
            let limit = ContinuousClock.now + RunningApplication.patience
            for service in leaving.reversed() { service.beginStop() }
            for service in leaving { _ = await service.ends(within: max(.zero, limit - .now)) }
            try await keepWhatWas(authorship)
            try await writer.close()
            try await successor.takeOver()
        } catch {
            successor.end()
            for service in leaving { await service.cancel() }
            try await goOn(means)
            throw error
        }
        isStopping = true
        (successorProcess, lingering) = (successor.process, leaving)
        means.lock.leave()
        for (_, socket) in sockets.all { socket.release() }
        means.door.sockets.release()
    }

    /// Makes a snapshot of what the new program may change for good, when anything changed since the last revision.
    private func keepWhatWas(_ authorship: Authorship) async throws {
        var authorship = authorship
        if authorship.comment.isEmpty { authorship.comment = "before the upgrade" }
        try await writer.commit { [authorship] tap in
            guard try tap.hasUncapturedState() else { return }
            _ = try tap.addRevision(.snapshot, by: authorship)
        }
    }

    /// Waits for the connections that are finished beside the new program, and names the services that take too long.
    func finishLingering() async {
        let limit = ContinuousClock.now + stopLimit
        for service in lingering where await !service.ends(within: max(.zero, limit - .now)) {
            logger.warning(
                "connections were cut off after the upgrade",
                metadata: ["service": "\(service.path)", "limit": "\(stopLimit)"])
            await service.cancel()
        }
    }

    /// Opens the tap again and starts the services that were stopped for nothing.
    private func goOn(_ means: UpgradeMeans) async throws {
        do {
            let tap = try Tap(opening: means.tap, for: .writing, passphrase: means.passphrase, holding: means.lock)
            _ = try tap.commit { try tap.failPendingRevisions() }
            application = try tap.application()
            let planned = try plans(of: application)
            if planned.contains(where: \.hasTables) { try tap.openReadingConnection() }
            writer = try TapWriter(tap, logger)
            for plan in planned { await startOrReport(plan, "service runs as before") }
            try await means.door.open()
        } catch {
            logger.critical("nothing runs any more after an upgrade that failed", metadata: ["error": "\(error)"])
            report(.lost)
            throw error
        }
    }
}
