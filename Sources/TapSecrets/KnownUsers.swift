package import Logging
import Synchronization
package import Taproom

/// Finds out who somebody is, by the names and passwords of settings and of a file that is followed.
///
/// Shared by all threads. Passwords are checked elsewhere, for that takes time by design; those that were right are known
/// again for a minute by digests that tell nothing, under a key that only this process has.
package final class KnownUsers: Sendable {
    /// What the check of a password finds out.
    package enum Verdict: Equatable, Sendable {
        /// The password is that of a user.
        case known(user: String)
        /// It is not, or there is no such user.
        case refused
        /// Too many are waiting already.
        case busy
    }

    private struct Contents {
        var users: UserTable
        var version: FileVersion?
        var nextLook: ContinuousClock.Instant
        /// Changes with the users: who was right before may be wrong now.
        var generation = 0
        var remembered = RememberedUsers()
        /// Those who wait for the same check.
        var waiting: [KeyedDigest.Value: [@Sendable (Verdict) -> Void]] = [:]
    }

    /// How often the file is looked at, at most.
    private static let interval = Duration.seconds(1)

    private let own: [String: UserPassword]
    private let file: LocalPath?
    private let logger: Logger
    private let threads: PasswordThreads
    private let digests = KeyedDigest()
    private let contents: Mutex<Contents>

    /// Reads the file.
    ///
    /// Throws ``PasswordFileError``.
    ///
    /// - Parameters:
    ///   - own: passwords by the names of users; they come before those of the file.
    ///   - file: a file as `htpasswd` writes it; nil: none.
    ///   - logger: where it is said that the file has changed.
    ///   - threads: where passwords are checked.
    package init(
        _ own: [String: UserPassword], file: LocalPath?, logger: Logger, threads: PasswordThreads = .shared
    ) throws(PasswordFileError) {
        (self.own, self.file, self.logger, self.threads) = (own, file, logger, threads)
        let version = file.flatMap { FileVersion($0.text) }
        let users = try Self.users(own, file)
        contents = Mutex(Contents(users: users, version: version, nextLook: .now + Self.interval))
    }

    private static func users(
        _ own: [String: UserPassword], _ file: LocalPath?
    ) throws(PasswordFileError) -> UserTable {
        guard let file else { return UserTable(own) }
        return UserTable(try PasswordFile.read(file.text).merging(own) { $1 })
    }

    /// The digest that somebody is known again by who sends the same bytes.
    package func digest(of bytes: UnsafeRawBufferPointer) -> KeyedDigest.Value { digests.value(of: bytes) }

    /// Who has shown a short while ago to be a user, with what has this digest; nil: nobody.
    ///
    /// Waits for nothing but a file that has changed.
    package func user(_ digest: KeyedDigest.Value, now: ContinuousClock.Instant = .now) -> String? {
        let (user, isDue) = contents.withLock { contents in
            guard file == nil || now < contents.nextLook else { return (String?.none, true) }
            return (contents.remembered.user(digest, now: now), false)
        }
        guard isDue else { return user }
        follow(now)
        return self.user(digest, now: now)
    }

    /// Has a password checked; who sends the same at the same time waits for the same check.
    ///
    /// - Parameters:
    ///   - name: the name that was given.
    ///   - password: the password that was given.
    ///   - digest: the digest of both.
    ///   - done: is called once, in any thread.
    package func check(
        _ name: String, _ password: String, _ digest: KeyedDigest.Value, done: @escaping @Sendable (Verdict) -> Void
    ) {
        let (isFirst, users, generation) = contents.withLock { contents in
            contents.waiting[digest, default: []].append(done)
            return (contents.waiting[digest]?.count == 1, contents.users, contents.generation)
        }
        guard isFirst else { return }
        let isAccepted = threads.submit { [self] in
            let user = users.user(named: name, password: password)
            finish(digest, user.map(Verdict.known) ?? .refused, generation)
        }
        if !isAccepted { finish(digest, .busy, generation) }
    }

    private func finish(_ digest: KeyedDigest.Value, _ verdict: Verdict, _ generation: Int) {
        let waiting = contents.withLock { contents in
            if case .known(let user) = verdict, generation == contents.generation {
                contents.remembered.insert(user, for: digest, now: .now)
            }
            return contents.waiting.removeValue(forKey: digest) ?? []
        }
        for done in waiting { done(verdict) }
    }

    /// Reads the file again when it has changed; one that can't be used is told of, and what was read before stays.
    private func follow(_ now: ContinuousClock.Instant) {
        guard let file else { return }
        let version = FileVersion(file.text)
        let isChanged = contents.withLock { contents in
            contents.nextLook = now + Self.interval
            defer { contents.version = version }
            return contents.version != version
        }
        guard isChanged else { return }
        do throws(PasswordFileError) {
            let users = try Self.users(own, file)
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
