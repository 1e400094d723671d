import CTapSystem
import Glibc

/// One of the two sockets of a pair, with what waits to be written to it.
///
/// Used on the thread of its loop only.
final class SpliceEnd {
    /// The socket; negative when it is closed.
    private(set) var file: CInt
    /// Whether reading could bring something, as far as is known.
    var canRead = false
    /// Whether writing could succeed, as far as is known.
    var canWrite = false
    /// Whether the other side sends nothing more, or is gone.
    var isHungUp = false
    /// Whether a read that brings little need not be the last: in front of the end, and of urgent data.
    var readsToTheEnd = false
    /// Whether the end of what comes from here was read.
    var hasEnded = false
    /// Whether the stream to here was ended.
    private(set) var isOutputEnded = false
    /// How many reads in a row filled the buffer.
    var fullReads = 0
    /// Bytes in the pipe in front of this.
    var piped = 0
    /// The pipe, as long as something is in it.
    var pipe: SplicePipe?
    private var waiting: [UInt8] = []
    private var taken = 0

    init(_ file: CInt) { self.file = file }

    deinit { close() }

    var isOpen: Bool { file >= 0 }

    /// Whether something was read that is not written yet.
    var hasWaiting: Bool { piped > 0 || !waiting.isEmpty }

    /// Keeps bytes that could not be written.
    func keep(_ bytes: some Collection<UInt8>) { waiting.append(contentsOf: bytes) }

    /// Writes what waits, and answers whether nothing does any more; nil: the connection is gone.
    func writeWaiting() -> Bool? {
        while piped > 0, let pipe {
            let count = tap_splice(pipe.output, file, piped)
            if count > 0 {
                piped -= count
            } else if count < 0, errno == EAGAIN {
                canWrite = false
                return false
            } else {
                return nil
            }
        }
        while taken < waiting.count {
            let count = waiting.withUnsafeBytes { bytes in
                send(file, bytes.baseAddress.map { $0 + taken }, bytes.count - taken, CInt(MSG_NOSIGNAL))
            }
            if count > 0 {
                taken += count
            } else if count < 0, errno == EAGAIN {
                canWrite = false
                return false
            } else {
                return nil
            }
        }
        (waiting, taken) = ([], 0)
        return true
    }

    /// Ends the stream to here; `isLast` says that the socket is closed next, which says so too.
    func endOutput(isLast: Bool = false) {
        guard !isOutputEnded, isOpen else { return }
        isOutputEnded = true
        if !isLast { shutdown(file, CInt(SHUT_WR)) }
    }

    func close() {
        guard isOpen else { return }
        Glibc.close(file)
        file = -1
        waiting = []
        pipe = nil
    }

    /// Gives the socket away.
    func release() -> CInt {
        defer { file = -1 }
        return file
    }

    /// Closes so that the other side sees that its stream was cut.
    func reset() {
        guard isOpen else { return }
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(file, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        close()
    }

    /// Has small pieces go out at once.
    func sendAtOnce() {
        var on: CInt = 1
        setsockopt(file, CInt(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<CInt>.size))
    }

    /// What is wrong with the socket; 0: nothing.
    var error: CInt {
        var (code, size) = (CInt(0), socklen_t(MemoryLayout<CInt>.size))
        getsockopt(file, SOL_SOCKET, SO_ERROR, &code, &size)
        return code
    }
}
