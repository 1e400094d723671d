import Glibc
import TapFile
package import Taproom

/// The old program of a hand-over, as the new one sees it.
package final class Predecessor: Sendable {
    /// The variable that names the socket to it.
    static let variable = "TAPROOM_HANDOVER"

    /// How long the old program may take to let go: more than its own patience.
    private static let patience = Duration.seconds(120)

    let manifest: HandoverManifest
    /// The right to the tap: its until everything is handed over.
    let lock: TapLock
    /// The sockets of the services.
    let sockets: PassedSockets
    let controlSockets: PassedSockets
    private let channel: HandoverChannel

    /// The program that started this one to take over, or nil when nothing is to be taken over.
    ///
    /// Throws when it is gone.
    package static func find() throws -> Predecessor? {
        guard let text = getenv(variable), let descriptor = CInt(String(cString: text)) else { return nil }
        unsetenv(variable)
        return try Predecessor(HandoverChannel(descriptor: descriptor))
    }

    private init(_ channel: HandoverChannel) throws {
        self.channel = channel
        _ = fcntl(channel.descriptor, F_SETFD, FD_CLOEXEC)
        guard case .manifest(let manifest)? = try channel.receive(HandoverOrder.self, within: Predecessor.patience)
        else {
            throw UpgradeError.notPossible("the program before it said nothing")
        }
        self.manifest = manifest
        lock = TapLock(sharing: manifest.lock)
        sockets = PassedSockets(manifest.sockets.map(\.passed))
        controlSockets = PassedSockets([manifest.control, manifest.controlPort].compactMap { $0?.passed })
        let kept = [
            manifest.lock, manifest.control?.descriptor, manifest.controlPort?.descriptor, manifest.pidFile?.descriptor,
            manifest.sweeper,
            manifest.folder,
        ]
        for descriptor in kept.compactMap({ $0 }) { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    }

    /// Goes to the folder that relative paths of the command line are taken from.
    package func enterFolder() {
        // It stays open for the next program. Where that is not possible the paths are missed, and that is said then.
        if let folder = manifest.folder { _ = fchdir(folder) }
    }

    /// Says that the application could be run, and waits until the old program has let go of the tap.
    ///
    /// Throws when it goes on instead.
    func takeOver() throws {
        try channel.send(HandoverReport.prepared)
        guard case .takeOver? = try channel.receive(HandoverOrder.self, within: Predecessor.patience) else {
            throw UpgradeError.notPossible("the program before it goes on")
        }
    }

    /// What opens the tap; nil: it is not encrypted.
    package var passphrase: String? { manifest.passphrase }

    /// The pid file, which says the number of the old program until everything is handed over.
    package var pidFile: PidFile? { manifest.pidFile.map { PidFile($0.path, holding: $0.descriptor) } }

    /// What removes what the application can't, for as long as this process runs too.
    var sweeper: Sweeper? { manifest.sweeper.map { Sweeper(holding: $0) } }

    /// Makes everything this program's own, and says that all services run: the old program ends.
    ///
    /// Throws ``PidFileError``; nothing has changed hands then.
    func handOver(_ doors: Doors, _ configuration: RunnerConfiguration) throws {
        try configuration.pidFile?.write()
        lock.claim()
        let owned = Set(manifest.sockets.filter(\.ownsFile).map(\.descriptor))
        for (_, socket) in doors.sockets.all where owned.contains(socket.descriptor) { socket.claimFile() }
        doors.control.claimFile()
        // Where no service listens any more the file goes, as it does with a reload.
        let kept = Set(doors.sockets.paths)
        for socket in manifest.sockets where socket.ownsFile {
            if let path = socket.path, !kept.contains(path) { unlink(path) }
        }
        // When the old program is gone already there is nobody to be told.
        try? channel.send(HandoverReport.serving)
    }

    /// Says why nothing was taken over: the old program goes on.
    package func sayThatItFailed(_ status: ExitStatus, _ text: String) {
        try? channel.send(HandoverReport.failed(status: status.rawValue, text: text))
    }
}
