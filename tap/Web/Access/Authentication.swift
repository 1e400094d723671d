import Logging
import NIOCore
import TapSecrets

/// Finds out who asks, by the field `Authorization` of a request (RFC 7617).
///
/// Shared by all event loops.
final class Authentication: Sendable {
    /// What a look at a request finds out at once.
    enum Finding {
        case known(user: String)
        /// Nobody, or nobody who could be right.
        case refused
        /// Somebody, whose password has to be checked.
        case unchecked(BasicCredentials, KeyedDigest.Value)
    }

    /// The value of `WWW-Authenticate`.
    let challenge: String
    private let users: KnownUsers

    /// Reads the file.
    ///
    /// Throws ``TapSecrets/PasswordFileError``.
    init(
        _ settings: AuthenticationSettings, logger: Logger, threads: PasswordThreads = .shared
    ) throws(PasswordFileError) {
        challenge = "Basic realm=\"\(settings.realm)\", charset=\"UTF-8\""
        users = try KnownUsers(settings.users, file: settings.file, logger: logger, threads: threads)
    }

    /// Looks at the fields of a request, without waiting for anything but a file that has changed.
    func look(_ lines: FieldLines, now: ContinuousClock.Instant = .now) -> Finding {
        guard let digest = BasicCredentials.withToken(of: lines, { users.digest(of: $0) }) else { return .refused }
        if let user = users.user(digest, now: now) { return .known(user: user) }
        let token = BasicCredentials.withToken(of: lines) { String(decoding: $0, as: UTF8.self) }
        guard let credentials = token.flatMap({ BasicCredentials(token: $0) }) else { return .refused }
        return .unchecked(credentials, digest)
    }

    /// Has a password checked.
    func check(
        _ credentials: BasicCredentials, _ digest: KeyedDigest.Value, on loop: any EventLoop
    ) -> EventLoopFuture<KnownUsers.Verdict> {
        let promise = loop.makePromise(of: KnownUsers.Verdict.self)
        users.check(credentials.user, credentials.password, digest) { promise.succeed($0) }
        return promise.futureResult
    }
}
