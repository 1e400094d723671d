import Glibc
import NIOCore
import ServiceLifecycle
import Synchronization
import TapNetwork
import Taproom

/// What answers without a program: echo, discard, chargen, daytime and time.
struct InternalService: Sendable {
    private let word: InetdEntry.Internal
    private let limits: Admission.Limits
    private let figures: InetdFigures

    init(_ word: InetdEntry.Internal, _ limits: Admission.Limits, _ figures: InetdFigures) {
        (self.word, self.limits, self.figures) = (word, limits, figures)
    }

    /// Servers for the sockets of a context.
    func servers(_ context: ServiceContext) -> [any Service] {
        let (word, figures) = (word, figures)
        let admission = SharedAdmission(limits)
        var servers: [any Service] = []
        let datagrams = context.listeners.filter(\.endpoint.takesDatagrams)
        let streams = context.listeners.filter { !$0.endpoint.takesDatagrams }
        if !streams.isEmpty {
            servers.append(
                ChannelServer(context.with(streams), connectionLimit: limits.atOnce) { channel, _ in
                    let source = Source(channel.remoteAddress)
                    guard admission.take(source) else {
                        figures.noteRefused()
                        return channel.close()
                    }
                    figures.noteStart()
                    channel.closeFuture.whenComplete { _ in
                        admission.giveBack(source)
                        figures.noteEnd()
                    }
                    return channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(InternalStream(word))
                    }
                })
        }
        if !datagrams.isEmpty {
            servers.append(
                DatagramServer(context.with(datagrams)) { channel, _ in
                    try channel.pipeline.syncOperations.addHandler(InternalDatagrams(word, admission))
                })
        }
        return servers
    }
}

/// Who is served, for all event loops together.
final class SharedAdmission: Sendable {
    private let admission: Mutex<Admission>

    init(_ limits: Admission.Limits) { admission = Mutex(Admission(limits)) }

    /// Takes a client, if there is room for it.
    func take(_ source: Source?) -> Bool {
        admission.withLock { $0.room(at: .now()) == .free && $0.take(source) }
    }

    /// A client has left.
    func giveBack(_ source: Source?) { admission.withLock { $0.giveBack(source) } }
}

extension InetdEntry.Internal {
    /// What is sent to whoever comes, and ends a connection; nil: it is a conversation.
    func message(_ now: time_t = Glibc.time(nil)) -> ByteBuffer? {
        switch self {
        case .daytime:
            var (now, parts) = (now, tm())
            localtime_r(&now, &parts)
            var text = [CChar](repeating: 0, count: 64)
            let count = strftime(&text, text.count, "%a %b %e %H:%M:%S %Y\r\n", &parts)
            return ByteBuffer(bytes: text[..<count].map { UInt8(bitPattern: $0) })
        case .time:
            // Seconds since 1900, which begin again in 2036.
            return ByteBuffer(integer: UInt32(truncatingIfNeeded: now + 2_208_988_800))
        case .echo, .discard, .chargen: return nil
        }
    }

    /// A line of the 72 characters from a place of the 95 printable ones on, as RFC 864 recommends.
    static func line(_ place: Int) -> ByteBuffer {
        ByteBuffer(bytes: (0..<72).map { UInt8(0x20 + (place + $0) % 95) } + [0x0D, 0x0A])
    }
}
