import Glibc

/// A queue between any threads and the one that works it off.
final class WorkQueue<Element>: @unchecked Sendable {
    // Sendable because every use of the fields below holds `mutex`.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var waiting: [Element] = []
    private var isClosed = false

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Adds an element; answers false when the queue is closed.
    func append(_ element: Element) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard !isClosed else { return false }
        waiting.append(element)
        if waiting.count == 1 { pthread_cond_signal(condition) }
        return true
    }

    /// Closes the queue: what waits is still worked off, nothing is added any more.
    func close() {
        pthread_mutex_lock(mutex)
        isClosed = true
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
    }

    /// Takes all that waits.
    ///
    /// Waits for something, for half a second at most when `untilNextHalfSecond`; nil: closed and empty.
    func take(untilNextHalfSecond: Bool) -> [Element]? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        var deadline = timespec()
        clock_gettime(CLOCK_REALTIME, &deadline)
        deadline.tv_nsec += 500_000_000
        if deadline.tv_nsec >= 1_000_000_000 {
            deadline.tv_sec += 1
            deadline.tv_nsec -= 1_000_000_000
        }
        while waiting.isEmpty, !isClosed {
            if untilNextHalfSecond {
                if pthread_cond_timedwait(condition, mutex, &deadline) == ETIMEDOUT { break }
            } else {
                pthread_cond_wait(condition, mutex)
            }
        }
        if waiting.isEmpty, isClosed { return nil }
        defer { waiting.removeAll(keepingCapacity: true) }
        return waiting
    }
}
