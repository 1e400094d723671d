import NIOCore
import TapSecrets
import Taproom

/// What settings say, made ready for requests; for connections that ask later another one may count.
final class SocksPolicy: Sendable {
    let settings: SocksSettings
    let rules: SocksRules
    /// Who may ask; nil: nobody is asked for a password.
    let users: KnownUsers?
    let log: SocksLog?
    /// Where connections and datagrams come from; nil: the system chooses.
    let outside: SocketAddress?

    /// Reads the file of passwords and opens the log.
    ///
    /// Users who have shown who they are a short while ago stay known when nothing is said that changes them. Throws
    /// ``TapSecrets/PasswordFileError`` and ``TapAccessLog/AccessLogError``.
    init(_ settings: SocksSettings, _ records: SocksRecords, after former: SocksPolicy? = nil) throws {
        self.settings = settings
        rules = SocksRules(settings)
        let authentication = settings.authenticate
        if !authentication.isAsked {
            users = nil
        } else if let former, former.settings.authenticate == authentication {
            users = former.users
        } else {
            users = try KnownUsers(authentication.users, file: authentication.file, logger: records.logger)
        }
        log = try records.log(settings.accessLog)
        outside = try settings.outside.map { try SocketAddress(ipAddress: $0, port: 0) }
    }
}
