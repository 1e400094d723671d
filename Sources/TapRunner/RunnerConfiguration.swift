package import Logging
package import TapControl
package import TapLog
package import Taproom

/// How an application is run.
package struct RunnerConfiguration: Sendable {
    package var kinds: KindList
    package var logger: Logger
    /// Where the logger writes to, when that can be opened anew; nil: it can't.
    package var log: LogOutput?
    /// How this program is started again.
    package var program = ProgramStart()
    /// The program to take the application over from; nil: it is started.
    package var predecessor: Predecessor?
    /// Who started the process and wants to know how it is.
    package var serviceManager = ServiceManager(address: nil)
    /// Named on the command line: these win over the application's own.
    package var user: String?
    package var group: String?
    /// Whether only the effective ids change, so that root can be had back.
    package var isOnlyEffective = false
    /// Where the application is controlled; nil: nowhere.
    package var controlSocket: String?
    /// Where it is controlled over TCP besides, with tokens: an address of this machine alone; nil: nowhere.
    package var controlPort: Endpoint?
    /// The group, by name or number, whose members may look through the control socket; nil: nobody else.
    package var controlGroup: String?
    /// The folders the process works in.
    package var place = ProcessPlace()
    /// Says which process it is; nil: no file does.
    package var pidFile: PidFile?
    /// Who waits for the application to serve; nil: nobody does.
    package var detachment: Detachment?
    /// Whether state is stored at the end.
    package var isSaving = true
    /// How often a snapshot is made of what changed; nil: only at the end.
    package var saveEvery: Duration?
    /// Whether services of unknown kinds are left alone, and the others run.
    package var isQuarantining = false
    /// How long each service may take to stop.
    package var stopLimit = Duration.seconds(10)
    /// Makes the door through which services reach the application they are part of; nil: there is none.
    package var shell: (@Sendable (any ControlledApplication) -> any ApplicationShell)?

    package init(kinds: KindList, logger: Logger = Logger(label: "tapd") { _ in SwiftLogNoOpLogHandler() }) {
        self.kinds = kinds
        self.logger = logger
    }
}
