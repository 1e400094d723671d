import Glibc
import TapControl
import TapProcess
import Taproom

/// Where an application is controlled: at a unix socket, and over TCP when that is asked for.
struct ControlSockets: Sendable {
    let unix: BoundSocket?
    let tcp: BoundSocket?
    /// The group whose members may look.
    let readers: UInt32?

    /// Binds what a configuration asks for, or takes it from the program before.
    ///
    /// Throws ``RunnerError``; nothing is bound then.
    init(_ configuration: RunnerConfiguration, from passed: PassedSockets? = nil) throws(RunnerError) {
        readers = try configuration.controlGroup.map { name throws(RunnerError) in
            guard let number = Account.groupNumber(name) else { throw .account(.unknownGroup(name)) }
            return number
        }
        let mode: UInt16 = readers == nil ? 0o600 : 0o660
        let endpoint = configuration.controlSocket.map { Endpoint(.unix(path: $0, mode: mode)) }
        unix = try ControlSockets.bind(endpoint, passed)
        tcp = try ControlSockets.bind(configuration.controlPort, passed)
    }

    private static func bind(_ endpoint: Endpoint?, _ passed: PassedSockets?) throws(RunnerError) -> BoundSocket? {
        guard let endpoint else { return nil }
        do throws(BindFailure) {
            return try BoundSocket(endpoint, from: passed)
        } catch {
            guard case .unix(let path, _) = endpoint.address else {
                throw .cannotControl(socket: endpoint.description, code: error.code)
            }
            throw .cannotControl(socket: path, code: error.code)
        }
    }

    /// Lets the group of those who may look connect.
    ///
    /// After the socket was given to the account that the application runs as, and before root is given up.
    func admitReaders() throws(RunnerError) {
        guard let readers, let path = unix?.path else { return }
        // The user stays who it is.
        guard lchown(path, .max, readers) == 0 else { throw .cannotControl(socket: path, code: errno) }
    }

    /// What is to be listened on, and who is let in there; `owner` is the user of the tap.
    func doors(owner: UInt32) -> [(socket: BoundSocket, admission: Admission)] {
        [unix.map { ($0, .peers(owner: owner, readers: readers)) }, tcp.map { ($0, .tokens) }].compactMap { $0 }
    }

    private var all: [BoundSocket] { [unix, tcp].compactMap { $0 } }

    func close() { for socket in all { socket.close() } }

    /// Leaves the sockets to another process.
    func release() { for socket in all { socket.release() } }

    /// Says that the file of the unix socket is this program's to remove from now on.
    func claimFile() { unix?.claimFile() }
}
