import CTapSystem
import Glibc
import Synchronization
package import Taproom

/// What is said to the service manager that started this process: sd_notify(3).
///
/// Without a service manager nothing is said. A message that can't be sent is lost, and nothing else happens.
package final class ServiceManager: Sendable {
    /// Where it listens: a path, or a name in the abstract name space behind an `@`; nil: there is none.
    package let address: String?
    /// How often ``watchdog()`` must be called at the least; nil: nobody waits for it.
    package let watchdogInterval: Duration?
    /// How long a message may wait for a busy service manager, in milliseconds.
    private static let patience: CInt = 1000
    /// Opened at once: later the path may be out of reach, behind a chroot.
    private let socket: CInt
    private let stored = Mutex<Set<String>>([])

    /// Talks to a service manager.
    ///
    /// - Parameters:
    ///   - address: where it listens: the value of `NOTIFY_SOCKET`.
    ///   - watchdogInterval: how often it wants to hear that all is well.
    package init(address: String?, watchdogInterval: Duration? = nil) {
        self.address = address
        self.watchdogInterval = address == nil ? nil : watchdogInterval
        socket = address == nil ? -1 : tap_socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue))
        connect()
    }

    deinit { if socket >= 0 { close(socket) } }

    /// The service manager that the environment names.
    ///
    /// To be called once, and before any thread exists: the variables are removed from the environment, so that no program
    /// started later speaks for this one.
    package static func fromEnvironment() -> ServiceManager {
        var environment: [String: String] = [:]
        for variable in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] {
            environment[variable] = getenv(variable).map { String(cString: $0) }
            unsetenv(variable)
        }
        return ServiceManager(environment, process: getpid())
    }

    /// The service manager as a process with a given number finds it (sd_watchdog_enabled(3)).
    convenience init(_ environment: [String: String], process: pid_t) {
        let isForUs = environment["WATCHDOG_PID"].map { pid_t($0) == process } ?? true
        let interval = environment["WATCHDOG_USEC"].flatMap { Int64($0) }.flatMap { $0 > 0 && isForUs ? $0 : nil }
        self.init(
            address: environment["NOTIFY_SOCKET"].flatMap { $0.isEmpty ? nil : $0 },
            watchdogInterval: interval.map { .microseconds($0) })
    }

    /// The variables by which a program that takes this one's place finds the same service manager.
    package var environment: [String: String] {
        var variables: [String: String] = [:]
        variables["NOTIFY_SOCKET"] = address
        variables["WATCHDOG_USEC"] = watchdogInterval.map { String($0.wholeMicroseconds) }
        return variables
    }

    /// Says that the application serves: after a start, and after each reload.
    package func ready(status: String) { send(["READY=1", "STATUS=\(ServiceManager.line(status))"]) }

    /// Says that the settings are being read again; ``ready(status:)`` ends it.
    package func reloading() {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        send(["RELOADING=1", "MONOTONIC_USEC=\(now.tv_sec * 1_000_000 + now.tv_nsec / 1000)"])
    }

    /// Says that the application begins to stop.
    package func stopping() { send(["STOPPING=1"]) }

    /// Says in one line what the application does.
    ///
    /// `systemctl status` shows it.
    package func status(_ text: @autoclosure () -> String) {
        guard address != nil else { return }
        send(["STATUS=\(ServiceManager.line(text()))"])
    }

    /// Says that the application is well: to be said by ``Watchdog`` only.
    package func watchdog() { send(["WATCHDOG=1"]) }

    /// Says which process is the application from now on.
    ///
    /// The new process says it, when it serves: the old one may have ended before it is heard.
    package func mainProcess(_ process: Int32) { send(["MAINPID=\(process)"]) }

    /// Asks for more time to start, to reload or to stop, counted from now.
    package func extendTimeout(by time: Duration) { send(["EXTEND_TIMEOUT_USEC=\(time.wholeMicroseconds)"]) }

    /// Gives a copy of a descriptor into keeping: the next start gets it back under its name.
    ///
    /// One that is kept already is not kept twice. The name may have 255 printable ASCII characters and no colon.
    package func store(_ descriptor: CInt, name: String) { send(["FDSTORE=1", "FDNAME=\(name)"], descriptor) }

    /// Has what is kept under a name closed.
    package func removeStored(name: String) { send(["FDSTOREREMOVE=1", "FDNAME=\(name)"]) }

    /// Has the service manager keep the TCP sockets of these, so that no connection is refused while tapd is restarted.
    ///
    /// To be called with all sockets at a start and after each change: what was kept and is not among them is given up. The
    /// file of a unix socket goes at a stop, a free port may be another next time, and the sockets of socket units are kept
    /// anyway: these are left out.
    package func storeSockets(_ sockets: @autoclosure () -> [(endpoint: Endpoint, socket: BoundSocket)]) {
        guard address != nil else { return }
        let wanted = sockets().filter { $0.endpoint.isStorable && $0.socket.name == $0.endpoint.socketName }
        let names = Set(wanted.map(\.socket.name))
        let former = stored.withLock { stored in
            defer { stored = names }
            return stored
        }
        for (_, socket) in wanted where !former.contains(socket.name) { store(socket.descriptor, name: socket.name) }
        for name in former.subtracting(names).sorted() { removeStored(name: name) }
    }

    /// Gives up sockets that were kept over the last restart and are wanted no more.
    package func forget(_ sockets: [PassedSocket]) {
        for socket in sockets { removeStored(name: socket.name) }
    }

    /// A text without line ends, which would begin another message.
    private static func line(_ text: String) -> String {
        String(
            String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    }

    private func send(_ lines: [String], _ descriptor: CInt = -1) {
        guard socket >= 0 else { return }
        let message = lines.joined(separator: "\n")
        var tries = 0
        while attempt(message, descriptor) < 0, tries < 2 {
            tries += 1
            switch errno {
            case EINTR: continue
            case EAGAIN, ENOBUFS:
                var wait = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
                poll(&wait, 1, ServiceManager.patience)
            // It was started anew.
            default: connect()
            }
        }
    }

    private func attempt(_ message: String, _ descriptor: CInt) -> Int {
        Array(message.utf8).withUnsafeBytes { tap_send(socket, $0.baseAddress, $0.count, descriptor) }
    }

    /// The name of a socket as unix(7) has it: one in the abstract name space begins with a zero, and has no other at its end.
    private func connect() {
        guard socket >= 0, let address, address.hasPrefix("/") || address.hasPrefix("@") else { return }
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(address.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: name.sun_path) else { return }
        withUnsafeMutableBytes(of: &name.sun_path) { space in
            space.copyBytes(from: bytes)
            if address.hasPrefix("@") { space[0] = 0 }
        }
        let size = MemoryLayout<sa_family_t>.size + bytes.count + (address.hasPrefix("@") ? 0 : 1)
        _ = withUnsafeBytes(of: name) { space in
            space.withMemoryRebound(to: sockaddr.self) { Glibc.connect(socket, $0.baseAddress, socklen_t(size)) }
        }
    }
}

extension Endpoint {
    /// Whether its socket can be kept over a restart.
    fileprivate var isStorable: Bool {
        switch address {
        case .tcp(1..., _), .udp(1..., _): socketName.utf8.count <= 255
        default: false
        }
    }
}

extension Duration {
    /// Never negative, and no more than fits.
    fileprivate var wholeMicroseconds: Int64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0 else { return 0 }
        let (micros, isTooMuch) = seconds.multipliedReportingOverflow(by: 1_000_000)
        return isTooMuch ? .max : micros + attoseconds / 1_000_000_000_000
    }
}
