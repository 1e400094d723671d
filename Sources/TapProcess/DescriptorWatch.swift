import CTapSystem
import Glibc
import Synchronization
package import Taproom

/// Waits for descriptors that can be read from, with one thread for all of them: ends of processes, and listening sockets.
///
/// Each is reported once, and then again after ``again(_:)``. What is called runs on that thread and must not wait.
package final class DescriptorWatch: Sendable {
    /// A descriptor that is watched.
    package struct Token: Hashable, Sendable {
        fileprivate let number: UInt64
        fileprivate let descriptor: CInt
    }

    private struct State {
        var next: UInt64 = 0
        var watched: [UInt64: (token: Token, readable: @Sendable (Token) -> Void)] = [:]
    }

    private static let made = Mutex<DescriptorWatch?>(nil)

    private let epoll: CInt
    private let state = Mutex(State())

    /// The watch of this process, which begins with the first call.
    ///
    /// Throws ``SystemCallError``.
    package static func shared() throws(SystemCallError) -> DescriptorWatch {
        try made.withLock { made throws(SystemCallError) in
            if let made { return made }
            let watch = try DescriptorWatch()
            made = watch
            return watch
        }
    }

    private init() throws(SystemCallError) {
        epoll = tap_watch()
        guard epoll >= 0 else { throw SystemCallError("watch descriptors") }
        do throws(SystemCallError) {
            try startThread { [self] in run() }
        } catch {
            close(epoll)
            throw error
        }
    }

    /// Watches a descriptor until ``forget(_:)``, which comes before it is closed.
    ///
    /// - Parameters:
    ///   - descriptor: what is watched.
    ///   - readable: called when it can be read from; also just after it is forgotten.
    /// - Returns: what it is forgotten by.
    /// - Throws: ``SystemCallError``.
    @discardableResult
    package func watch(
        _ descriptor: CInt, _ readable: @escaping @Sendable (Token) -> Void
    ) throws(SystemCallError) -> Token {
        let token = state.withLock { state in
            state.next += 1
            let token = Token(number: state.next, descriptor: descriptor)
            state.watched[state.next] = (token, readable)
            return token
        }
        guard tap_watch_add(epoll, descriptor, token.number) == 0 else {
            let error = SystemCallError("watch a descriptor")
            state.withLock { $0.watched[token.number] = nil }
            throw error
        }
        return token
    }

    /// Has a descriptor reported once more.
    package func again(_ token: Token) {
        guard state.withLock({ $0.watched[token.number] != nil }) else { return }
        _ = tap_watch_again(epoll, token.descriptor, token.number)
    }

    /// Watches a descriptor no more.
    package func forget(_ token: Token) {
        guard state.withLock({ $0.watched.removeValue(forKey: token.number) }) != nil else { return }
        _ = tap_watch_forget(epoll, token.descriptor)
    }

    /// How many descriptors are watched.
    package var count: Int { state.withLock { $0.watched.count } }

    private func run() {
        while true {
            var number: UInt64 = 0
            guard tap_watch_next(epoll, &number) > 0 else { continue }
            guard let (token, readable) = state.withLock({ $0.watched[number] }) else { continue }
            readable(token)
        }
    }
}
