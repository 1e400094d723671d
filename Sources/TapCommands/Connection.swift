import TapControl
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
}
