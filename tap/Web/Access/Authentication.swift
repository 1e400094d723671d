import Logging
import NIOCore
import Synchronization
import TapSecrets
import Taproom

/// Finds out who asks, by the names and passwords of settings and of a file that is followed (RFC 7617).
///
/// Shared by all event loops. Passwords are checked elsewhere, for that takes time by design; those that were right are
/// known again for a minute by digests that tell nothing, under a key that only this process has.
final class Authentication: Sendable {
    /// What a look at a request finds out at once.
    enum Finding {
        case known(user: String)
        /// Nobody, or nobody who could be right.
        case refused
        /// Somebody, whose password has to be checked.
        case unchecked(BasicCredentials, KeyedDigest.Value)
    }

    /// What the check of a password finds out.
    enum Verdict: Equatable, Sendable {
        case known(user: String)
        case refused
        /// Too many are waiting already.
        case busy
    }

    private struct Contents {
        var users: UserTable
        var version: FileVersion?
        var nextLook: NIODeadline
        /// Changes with the users: who was right before may be wrong now.
        var generation = 0
        var remembered = RememberedUsers()
        /// Those who wait for the same check.
        var waiting: [KeyedDigest.Value: [EventLoopPromise<Verdict>]] = [:]
    }

    /// How often the file is looked at, at most.
    private static let interval = TimeAmount.seconds(1)

    /// The value of `WWW-Authenticate`.
    let challenge: String
    private let settings: AuthenticationSettings
    private let logger: Logger
    private let threads: PasswordThreads
    private let digests = KeyedDigest()
    private let contents: Mutex<Contents>

    /// Reads the file.
    ///
    /// Throws ``PasswordFileError``.
    init(
        _ settings: AuthenticationSettings, logger: Logger, threads: PasswordThreads = .shared
    ) throws(PasswordFileError) {
        (self.settings, self.logger, self.threads) = (settings, logger, threads)
        challenge = "Basic realm=\"\(settings.realm)\", charset=\"UTF-8\""
        let version = settings.file.flatMap { FileVersion($0.text) }
        let users = try Self.users(settings)
        contents = Mutex(Contents(users: users, version: version, nextLook: .now() + Self.interval))
    }

    private static func users(_ settings: AuthenticationSettings) throws(PasswordFileError) -> UserTable {
        guard let file = settings.file else { return UserTable(settings.users) }
        return UserTable(try PasswordFile.read(file.text).merging(settings.users) { $1 })
    }

    /// Looks at the fields of a request, without waiting for anything but a file that has changed.
    func look(_ lines: FieldLines, now: NIODeadline = .now()) -> Finding {
        guard let digest = BasicCredentials.withToken(of: lines, { digests.value(of: $0) }) else { return .refused }
        let (user, isDue) = contents.withLock { contents in
            guard settings.file == nil || now < contents.nextLook else { return (String?.none, true) }
            return (contents.remembered.user(digest, now: now), false)
        }
        if isDue {
            follow(now)
            return look(lines, now: now)
        }
        if let user { return .known(user: user) }
        let token = BasicCredentials.withToken(of: lines) { String(decoding: $0, as: UTF8.self) }
        guard let credentials = token.flatMap({ BasicCredentials(token: $0) }) else { return .refused }
        return .unchecked(credentials, digest)
    }

    /// Has a password checked; who sends the same at the same time waits for the same check.
    func check(
        _ credentials: BasicCredentials, _ digest: KeyedDigest.Value, on loop: any EventLoop
    ) -> EventLoopFuture<Verdict> {
        let promise = loop.makePromise(of: Verdict.self)
        let (isFirst, users, generation) = contents.withLock { contents in
            contents.waiting[digest, default: []].append(promise)
            return (contents.waiting[digest]?.count == 1, contents.users, contents.generation)
        }
        guard isFirst else { return promise.futureResult }
        let isAccepted = threads.submit { [self] in
            let user = users.user(credentials)
            finish(digest, user.map(Verdict.known) ?? .refused, generation)
        }
        if !isAccepted { finish(digest, .busy, generation) }
        return promise.futureResult
    }

    private func finish(_ digest: KeyedDigest.Value, _ verdict: Verdict, _ generation: Int) {
        let waiting = contents.withLock { contents in
            if case .known(let user) = verdict, generation == contents.generation {
                contents.remembered.insert(user, for: digest, now: .now())
            }
            return contents.waiting.removeValue(forKey: digest) ?? []
        }
        for promise in waiting { promise.succeed(verdict) }
    }

    /// Reads the file again when it has changed; one that can't be used is told of, and what was read before stays.
    private func follow(_ now: NIODeadline) {
        guard let file = settings.file else { return }
        let version = FileVersion(file.text)
        let isChanged = contents.withLock { contents in
            contents.nextLook = now + Self.interval
            defer { contents.version = version }
            return contents.version != version
        }
        guard isChanged else { return }
        do throws(PasswordFileError) {
            let users = try Self.users(settings)
            contents.withLock { contents in
                contents.users = users
                contents.generation += 1
                contents.remembered = RememberedUsers()
            }
            logger.notice("a new file of passwords counts", metadata: ["path": "\(file)"])
        } catch {
            logger.error("a new file of passwords can't be used, the old one stays", metadata: ["problem": "\(error)"])
        }
    }
}
