import ArgumentParser
import TapSecrets
public import Taproom

/// The options of `mktap telnet`.
public struct TelnetOptions: ServiceOptions {
    @Option(
        name: .shortAndLong, help: ArgumentHelp("Listen on this TCP port of this machine.", valueName: "port"))
    var port: String?

    @Option(help: TelnetSettings.help("listen", valueName: "endpoint", more: "Can be repeated."))
    var listen: [String] = []

    @Flag(help: TelnetSettings.help("remote"))
    var remote = false

    @Option(name: .shortAndLong, help: ArgumentHelp("The name to log in with.", valueName: "name"))
    var username = "admin"

    @Option(
        name: [.customShort("w"), .long],
        help: ArgumentHelp(
            "The password, or its argon2id hash. Without it: one is made up and shown, this once.",
            valueName: "password"))
    var password: PasswordHash?

    /// No options given.
    public init() {}

    /// The settings these options ask for.
    ///
    /// Throws a `ValidationError` without a password, for nobody would be told one that was made up.
    public func settings() throws -> TelnetSettings {
        guard let password else { throw ValidationError("--password is needed.") }
        return try settings(password)
    }

    /// The settings these options ask for; a password that is made up is told.
    public func settings(telling tell: (String) -> Void) throws -> TelnetSettings {
        if let password { return try settings(password) }
        let made = try PasswordHash.madeUp()
        let settings = try settings(made.hash)
        // Options that are wrong in themselves lead to no service.
        if settings.problems().isEmpty {
            tell("the password of \(username) is \(made.password). It is not shown again: only its hash is kept")
        }
        return settings
    }

    private func settings(_ password: PasswordHash) throws -> TelnetSettings {
        var settings = TelnetSettings()
        var user = TelnetUser()
        user.password = try UserPassword(hash: password.text)
        settings.users = [username: user]
        settings.remote = remote
        let ports = try port.map { text in
            guard let port = UInt16(text) else {
                throw ValidationError("--port must be a number from 0 to 65535, but is \"\(text)\".")
            }
            return TelnetSettings.local(port)
        }
        let others = try listen.map { text in
            do throws(EndpointError) {
                return try Endpoint(text)
            } catch {
                throw ValidationError("--listen is no endpoint: \(error)")
            }
        }
        let endpoints = (ports.map { [$0] } ?? []) + others
        if !endpoints.isEmpty { settings.listen = OneOrMore(endpoints) }
        return settings
    }
}
