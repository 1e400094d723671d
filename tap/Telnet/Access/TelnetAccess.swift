import Logging
import NIOCore
import Synchronization
import TapSecrets
import Taproom

/// Who may log in, for all connections of a service.
final class TelnetAccess: Sendable {
    /// Somebody who has logged in.
    struct Person: Equatable, Sendable {
        let name: String
        let user: TelnetUser
    }

    private struct Contents {
        var settings: TelnetSettings
        var throttle = LoginThrottle()
        /// Connections on which nobody is logged in.
        var unknown = 0
    }

    private let contents: Mutex<Contents>

    init(_ settings: TelnetSettings) { contents = Mutex(Contents(settings: settings)) }

    /// What counts now.
    var settings: TelnetSettings { contents.withLock { $0.settings } }

    /// Has other settings count.
    func use(_ settings: TelnetSettings) { contents.withLock { $0.settings = settings } }

    /// Whether somebody may still be here who logged in: the same password and the same role.
    func isAdmitted(_ person: Person) -> Bool { contents.withLock { $0.settings.users[person.name] } == person.user }

    /// Counts a connection on which nobody is logged in; false when there are too many.
    func enter() -> Bool {
        contents.withLock { contents in
            guard contents.unknown < contents.settings.limits.logins else { return false }
            contents.unknown += 1
            return true
        }
    }

    /// Counts it no more: somebody is logged in, or it is closed.
    func leave() { contents.withLock { $0.unknown -= 1 } }

    /// How long a password of a source has to wait until it is looked at.
    func delay(_ source: LoginThrottle.Source, now: NIODeadline = .now()) -> TimeAmount {
        contents.withLock { contents in
            let limits = contents.settings.limits
            return contents.throttle.begin(
                source, now: now, delay: .milliseconds(limits.delay.milliseconds),
                atMost: .milliseconds(limits.maximumDelay.milliseconds))
        }
    }

    /// Finds out, in another thread, whether a password is that of a user.
    ///
    /// Nobody is told of one that is not there that it is not: that takes as long.
    func check(
        _ name: String, _ password: String, from source: LoginThrottle.Source,
        done: @escaping @Sendable (Person?) -> Void
    ) {
        let users = settings.users
        let table = UserTable(users.compactMapValues(\.password))
        let isAccepted = PasswordThreads.shared.submit { [self] in
            let person = table.user(named: name, password: password).flatMap { name in
                users[name].map { Person(name: name, user: $0) }
            }
            if person != nil { contents.withLock { $0.throttle.succeed(source) } }
            done(person)
        }
        if !isAccepted { done(nil) }
    }
}
