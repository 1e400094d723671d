import CTapSystem
import Glibc

/// Sends to the syslog daemon of this machine, and finds it again when it was restarted.
///
/// It never waits for the daemon: what is not taken at once is lost, and counted.
struct SyslogSink: LogSink {
    /// Where the daemon listens: syslog(3).
    static let standardSocket = "/dev/log"
    /// The longest message in bytes; what daemons take unless they are told otherwise.
    private static let longest = 8192
    /// What every receiver must take: RFC 5424, section 6.1.
    private static let shortest = 480

    var lost = 0
    var remarks: [LogRecord] = []
    private let path: String
    private let program: String
    private let format: LogConfiguration.Format
    private let host = SyslogFormat.host
    private var socket: OpenFile?
    private var isStream = false

    init(_ path: String, prefix: String, _ format: LogConfiguration.Format) throws(LogError) {
        self.path = path
        self.format = format
        program = SyslogFormat.name(prefix, limit: 48)
        guard connectAnew() else { throw .noSyslog(socket: path, code: errno) }
    }

    mutating func put(_ record: LogRecord) -> Bool {
        let message = SyslogFormat.message(record, format, host: host, program: program)
        if socket == nil, !connectAnew() { return false }
        if send(message) { return true }
        // Nobody at the other end any more: a daemon that was started again has another socket.
        guard ![EAGAIN, ENOBUFS].contains(errno), connectAnew() else { return false }
        return send(message)
    }

    /// Sends a message, shorter when the socket does not take it.
    private mutating func send(_ message: String) -> Bool {
        guard let socket else { return false }
        var longest = SyslogSink.longest
        while true {
            var text = SyslogFormat.cut(message, to: longest)
            let length = text.utf8.count
            // On a stream a message ends with a zero byte, as syslog(3) of glibc has it.
            if isStream { text += "\0" }
            let count = text.withUTF8 { Glibc.send(socket.descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
            if count == text.utf8.count { return true }
            if count < 0, errno == EMSGSIZE, length > SyslogSink.shortest {
                longest = max(length / 2, SyslogSink.shortest)
                continue
            }
            // After a part of a message nothing else makes sense on a stream.
            if count >= 0 { self.socket = nil }
            return false
        }
    }

    /// Connects, to whichever kind of socket is there.
    ///
    /// Answers whether that worked, with errno set if not.
    private mutating func connectAnew() -> Bool {
        socket = nil
        for type in [SOCK_DGRAM, SOCK_STREAM] {
            let descriptor = tap_socket(AF_UNIX, CInt(type.rawValue))
            guard descriptor >= 0 else { return false }
            let file = OpenFile(descriptor)
            if connect(descriptor) {
                (socket, isStream) = (file, type == SOCK_STREAM)
                return true
            }
            guard errno == EPROTOTYPE else { return false }
        }
        return false
    }

    private func connect(_ descriptor: CInt) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
            errno = ENAMETOOLONG
            return false
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafeBytes(of: address) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) {
                Glibc.connect(descriptor, $0.baseAddress, socklen_t(bytes.count)) == 0
            }
        }
    }
}
