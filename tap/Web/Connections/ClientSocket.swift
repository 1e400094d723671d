import CTapSystem
import Glibc
import NIOCore

/// The socket of a connection that is open, for what its channel does not offer or takes longer for.
struct ClientSocket {
    private let descriptor: CInt

    /// The socket of a channel; nil where it has none, as in tests.
    ///
    /// NIO's own way to it, `withUnsafeTransportIfAvailable`, asks for a protocol with its argument, which the runtime
    /// finds out anew each time: it took a tenth of what a new connection costs.
    init?(_ channel: any Channel) {
        guard let core = channel._channelCore as? any NIOTransportAccessibleChannelCore,
            let descriptor = try? core.withUnsafeTransport({ $0 as? NIOBSDSocket.Handle })
        else { return nil }
        self.descriptor = descriptor
    }

    /// Sends bytes, and tells how many the operating system has taken; nil: it takes none any more.
    ///
    /// With `more` they may wait there for what joins them.
    func send(_ bytes: UnsafeRawBufferPointer, more: Bool) -> Int? {
        let sent = tap_send_now(descriptor, bytes.baseAddress, bytes.count, more ? 1 : 0)
        if sent >= 0 { return sent }
        return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : nil
    }

    /// Sends a part of a file, and tells how many bytes the operating system has taken; nil: it takes none any more, or the
    /// file has become shorter than that.
    func send(_ file: OpenFile, _ range: Range<Int64>) -> Int64? {
        let sent: Int64?? = file.withDescriptor { file in
            var offset = off_t(range.lowerBound)
            let sent = sendfile(descriptor, file, &offset, range.count)
            if sent > 0 { return Int64(sent) }
            return sent < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : nil
        }
        return sent ?? nil
    }

    /// A number that changes whenever the client has taken something.
    ///
    /// `sent` is how many bytes were given to the operating system.
    func progress(sent: Int64) -> Int64 {
        let acknowledged = tap_acknowledged_bytes(descriptor)
        if acknowledged >= 0 { return acknowledged }
        var held: CInt = 0
        _ = ioctl(descriptor, UInt(TIOCOUTQ), &held)
        return sent - Int64(held)
    }
}
