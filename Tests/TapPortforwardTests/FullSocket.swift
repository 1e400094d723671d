import Dispatch
import Glibc
import TapSplice
import TapTesting

/// A unix socket whose queue is full, so that the system tells who connects to try again.
final class FullSocket: Sendable {
    private let listener: CInt
    private let waiting: [CInt]

    /// Listens at a path.
    init(_ path: String) throws {
        let type = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let listener = socket(AF_UNIX, type, 0)
        self.listener = listener
        let name = SocketName(unix: path)
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        guard name.withPointer({ bind(listener, $0, $1) | listen(listener, 0) }) == 0 else {
            waiting = []
            throw TestFailure("cannot listen at \(path): error \(errno)")
        }
        var waiting: [CInt] = []
        var isFull = false
        while !isFull {
            let client = socket(AF_UNIX, type | CInt(SOCK_NONBLOCK.rawValue), 0)
            waiting.append(client)
            isFull = name.withPointer({ connect(client, $0, $1) }) != 0
        }
        self.waiting = waiting
    }

    deinit { for socket in waiting + [listener] { close(socket) } }

    /// Takes those who wait, and answers what the one has sent who comes next.
    func open() async -> [UInt8] {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [self] in
                var client: CInt = -1
                for _ in waiting {
                    close(client)
                    client = accept(listener, nil, nil)
                }
                var bytes = [UInt8](repeating: 0, count: 100)
                let count = recv(client, &bytes, bytes.count, 0)
                close(client)
                continuation.resume(returning: Array(bytes.prefix(max(count, 0))))
            }
        }
    }
}
