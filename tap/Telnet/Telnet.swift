import Logging
public import ServiceLifecycle
public import Taproom

/// The kind `telnet`: an administrator's shell with the verbs of tapctl, over telnet.
public struct Telnet: ServiceKind {
    /// Where it is reached, and by whom.
    public typealias Settings = TelnetSettings
    /// The options of `mktap telnet`.
    public typealias Options = TelnetOptions

    /// The word of the kind.
    public static let word = "telnet"
    /// What the kind does.
    public static let summary = "Lets administrators look into the application and change it, with tapctl's verbs."

    /// Begins to wait for people.
    ///
    /// Throws ``TelnetError`` where there is no application to look after.
    public static func makeService(settings: TelnetSettings, context: ServiceContext) async throws -> any Service {
        guard let shell = context.shell else { throw TelnetError.noShell }
        if settings.users.isEmpty {
            context.logger.warning("nobody can log in: the service has no users")
        }
        return TelnetServer(settings, shell, context)
    }

    /// All but the number of connections, which the sockets are opened with.
    public static func canReconfigure(from old: TelnetSettings, to new: TelnetSettings) -> Bool {
        old.limits.sessions == new.limits.sessions
    }
}

/// What keeps the service from running.
enum TelnetError: Error, CustomStringConvertible {
    /// The program that runs the application carries no tools.
    case noShell

    var description: String {
        switch self {
        case .noShell: "there is no application to look after here. Run it with tapd."
        }
    }
}
