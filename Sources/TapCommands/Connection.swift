import TapControl
import TapFile
import TapRunner
import Taproom

/// The way to an application, wherever it is.
enum Connection {
    /// The application of a tap: the running one through its socket, else the one at rest.
    static func application(
        of tap: String, kinds: KindList, _ passphrase: PassphraseOptions
    ) async throws -> any ControlledApplication {
        if let running = try RemoteApplication(socket: ControlSocket.path(forTap: tap)) { return running }
        return try RestingApplication(path: tap, kinds: kinds, passphrase: passphrase.opening(tap))
    }

    /// A tap as it is at one moment, wherever its application is; a running one stores what it has in memory first.
    ///
    /// - Parameters:
    ///   - tap: the file.
    ///   - passphrase: where it comes from if it is needed.
    ///   - control: the control socket; nil: where tapd puts it.
    ///   - isReadSlowly: whether it may take long to read it: see `TapMoment`.
    /// - Returns: the moment, open.
    /// - Throws: `TapFileError`, ``PassphraseError``, and what comes of the question to save.
    static func moment(
        of tap: String, _ passphrase: PassphraseOptions, control: String? = nil, isReadSlowly: Bool = false
    ) throws -> TapMoment {
        let running = try RemoteApplication(socket: control ?? ControlSocket.path(forTap: tap))
        if running == nil, control != nil { throw ControlError.notRunning(tap: tap) }
        if let running { try Blocking.run { try await running.save() } }
        return try TapMoment(tap, passphrase: passphrase.opening(tap), isReadSlowly: isReadSlowly)
    }
}
