import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// Finds the addresses of names, beside the event loops: the system's library waits for answers of other machines.
final class NameLookup: Sendable {
    /// That of the process.
    static let shared = NameLookup(threads: 8, waiting: 1024)

    private let threads: NIOThreadPool
    private let most: Int
    private let unfinished = Atomic<Int>(0)

    /// So many threads, which are there from the first name on, and so many names that may wait for them.
    init(threads count: Int, waiting: Int) {
        threads = NIOThreadPool(numberOfThreads: count)
        most = count + waiting
        threads.start()
    }

    /// The addresses of a name, in the order in which they should be tried.
    ///
    /// Fails with ``NameProblem``.
    func addresses(of name: String, on loop: any EventLoop) -> EventLoopFuture<[[UInt8]]> {
        guard unfinished.add(1, ordering: .relaxed).newValue <= most else {
            unfinished.subtract(1, ordering: .relaxed)
            return loop.makeFailedFuture(NameProblem.busy)
        }
        return threads.runIfActive(eventLoop: loop) { [self] in
            defer { unfinished.subtract(1, ordering: .relaxed) }
            return try NameLookup.addresses(of: name)
        }
    }

    private static func addresses(of name: String) throws(NameProblem) -> [[UInt8]] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(name, nil, &hints, &list)
        guard code == 0 else { throw .unknown(String(cString: gai_strerror(code))) }
        defer { freeaddrinfo(list) }
        var addresses: [[UInt8]] = []
        var next = list
        while let entry = next {
            if let bytes = bytes(entry.pointee), !addresses.contains(bytes) { addresses.append(bytes) }
            next = entry.pointee.ai_next
        }
        guard !addresses.isEmpty else { throw .unknown("it has no address") }
        return addresses
    }

    private static func bytes(_ entry: addrinfo) -> [UInt8]? {
        let range: Range<Int>? =
            switch entry.ai_family {
            case AF_INET: 4..<8
            case AF_INET6: 8..<24
            default: nil
            }
        guard let range, let name = entry.ai_addr, Int(entry.ai_addrlen) >= range.upperBound else { return nil }
        let bytes = UnsafeRawBufferPointer(start: name, count: Int(entry.ai_addrlen))
        return NearAddress.plain(Array(bytes[range]))
    }
}

/// Why a name has no addresses.
enum NameProblem: Error, Equatable, CustomStringConvertible {
    /// The system does not know the name.
    case unknown(String)
    /// Too many names are being looked up.
    case busy

    /// What was wrong.
    var description: String {
        switch self {
        case .unknown(let reason): "the name has no address: \(reason)"
        case .busy: "too many names are being looked up"
        }
    }
}
