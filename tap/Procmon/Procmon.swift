public import ServiceLifecycle
public import Taproom

/// The kind `procmon`: runs a program, watches it and starts it again.
public struct Procmon: ServiceKind {
    /// Which program runs, and how it is watched.
    public typealias Settings = ProcmonSettings
    /// The options of `mktap procmon`.
    public typealias Options = ProcmonOptions

    /// The word of the kind.
    public static let word = "procmon"
    /// What the kind does.
    public static let summary = "Runs a program, watches it and starts it again."

    /// How often the program was started, and how it ended the last times.
    static let history = Cell("history", initial: ProgramHistory(), durability: .everySecond)
    /// The history.
    public static var state: [any StateDeclaration] { [history] }

    /// Looks for the program and prepares what it needs; it starts when the service runs.
    public static func makeService(settings: ProcmonSettings, context: ServiceContext) async throws -> any Service {
        let history = try await context.open(history)
        let program = try PreparedProgram(settings, logger: context.logger)
        return ProgramService(settings, program, history, context)
    }

    /// When it is stopped and started again, and how its health is asked for, but not what is asked.
    public static func canReconfigure(from old: ProcmonSettings, to new: ProcmonSettings) -> Bool {
        var changed = old
        changed.rerun = new.rerun
        changed.expected = new.expected
        changed.threshold = new.threshold
        changed.minimumDelay = new.minimumDelay
        changed.maximumDelay = new.maximumDelay
        changed.stopSignal = new.stopSignal
        changed.killtime = new.killtime
        // Another command has to be looked for.
        changed.health = new.health
        changed.health.command = old.health.command
        return changed == new
    }
}
