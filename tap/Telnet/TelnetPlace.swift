import Logging
import Taproom

/// What all connections of a service share.
struct TelnetPlace: Sendable {
    let access: TelnetAccess
    let shell: any ApplicationShell
    let figures: TelnetFigures
    let logger: Logger
    let verbs: [ShellWord]

    init(_ access: TelnetAccess, _ shell: any ApplicationShell, _ figures: TelnetFigures, _ logger: Logger) {
        (self.access, self.shell, self.figures, self.logger) = (access, shell, figures, logger)
        verbs = shell.verbs.map { ShellWord($0.word, $0.summary) }
    }
}
