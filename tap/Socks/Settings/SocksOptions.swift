import ArgumentParser
import TapAccessLog
import TapNetwork
import TapSecrets
public import Taproom

/// The options of `mktap socks`.
public struct SocksOptions: ServiceOptions {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Listen on this address of the machine (default: \(SocksSettings.usualInterface)).", valueName: "address"))
    var interface: String?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Listen on this TCP port (default: \(SocksSettings.usualPort)).", valueName: "port"))
    var port: String?

    @Option(
        help: ArgumentHelp(
            "Listen here, in place of --interface and --port: \(Endpoint.form.writing). Can be repeated.",
            valueName: "endpoint"))
    var listen: [String] = []

    @Option(
        help: ArgumentHelp(
            "Ask for passwords, and let this user in; the password may be a hash. Can be repeated.",
            valueName: "name:password"))
    var user: [String] = []

    @Option(help: SocksUsers.help("file", valueName: "file"))
    var passwordFile: LocalPath?

    @Option(help: SocksSettings.help("commands", valueName: "word", more: "Can be repeated."))
    var command: [String] = []

    @Option(
        help: ArgumentHelp(
            "Let requests through, and others not: \(SocksOptions.ruleForm). Can be repeated.", valueName: "rule"))
    var allow: [String] = []

    @Option(
        help: ArgumentHelp("Don't let requests through: written as for --allow. Can be repeated.", valueName: "rule"))
    var deny: [String] = []

    @Option(name: .shortAndLong, help: SocksAccessLog.help("file", valueName: "file"))
    var log: LocalPath?

    private static let ruleForm =
        "'to=NETWORK ports=PORT,PORT-PORT from=NETWORK users=NAME commands=WORD', or some of it"

    /// No options given.
    public init() {}

    /// The settings these options ask for.
    public func settings() throws -> SocksSettings {
        var settings = SocksSettings()
        settings.listen = try endpoints(settings.listen)
        settings.authenticate.file = passwordFile
        settings.authenticate.users = try users()
        if !command.isEmpty {
            settings.commands = OneOrMore(
                try command.map { word in
                    guard let command = SocksCommand(rawValue: word) else {
                        throw ValidationError("--command must be connect, bind or udp, but is \"\(word)\".")
                    }
                    return command
                })
        }
        settings.allow = try rules(allow, "--allow")
        settings.deny = try rules(deny, "--deny")
        settings.accessLog.file = log
        return settings
    }

    private func endpoints(_ usual: OneOrMore<Endpoint>) throws -> OneOrMore<Endpoint> {
        guard listen.isEmpty else {
            guard interface == nil, port == nil else {
                throw ValidationError("--listen takes the place of --interface and --port: keep one of them.")
            }
            return OneOrMore(
                try listen.map { text in
                    do {
                        return try Endpoint(text, in: LocalPath.workingFolder)
                    } catch {
                        throw ValidationError("--listen is no endpoint: \(error)")
                    }
                })
        }
        guard interface != nil || port != nil else { return usual }
        guard let number = UInt16(port ?? "\(SocksSettings.usualPort)") else {
            throw ValidationError("--port must be a number from 0 to 65535, but is \"\(port ?? "")\".")
        }
        let address = interface ?? SocksSettings.usualInterface
        guard Network.bytes(address) != nil else {
            throw ValidationError("--interface must be an address of this machine, but is \"\(address)\".")
        }
        return [Endpoint(.tcp(port: number, interface: address))]
    }

    private func users() throws -> [String: UserPassword] {
        var users: [String: UserPassword] = [:]
        for text in user {
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            // Nothing of the text is said: who forgets the colon may have written a password.
            guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
                throw ValidationError("--user must be written NAME:PASSWORD.")
            }
            let name = String(parts[0])
            do {
                guard users.updateValue(try UserPassword(String(parts[1])), forKey: name) == nil else {
                    throw ValidationError("--user names \"\(name)\" twice.")
                }
            } catch let error where !(error is ValidationError) {
                throw ValidationError("--user: the password of \"\(name)\" \(error).")
            }
        }
        return users
    }

    private func rules(_ texts: [String], _ option: String) throws -> [SocksRule] {
        try texts.map { text in
            do throws(SocksRuleError) {
                return try SocksRule(text: text)
            } catch {
                throw ValidationError("\(option): \(error)")
            }
        }
    }
}
