import Glibc

/// A queue between any threads and the one that works it off.
final class WorkQueue<Element>: @unchecked Sendable {
    // Sendable because every use of the fields below holds `mutex`.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var waiting: [Element] = []
    private var isClosed = false
    /// How many elements have to wait before the thread is woken.
    private var wanted = 1

    init() {
        pthread_mutex_init(mutex, nil)
        // Not the clock that people set: seconds are counted here that are promised.
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
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
        if waiting.count == wanted { pthread_cond_signal(condition) }
        return true
    }

    /// Closes the queue: what waits is still worked off, nothing is added any more.
    func close() {
        pthread_mutex_lock(mutex)
        isClosed = true
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
    }

    /// How many elements wait.
    var count: Int {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return waiting.count
    }

    /// Waits until so many elements are there, or the time is over.
    func gather(_ count: Int, for time: Duration) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        wanted = count
        wait(until: deadline(after: time)) { $0.waiting.count >= count }
        wanted = 1
    }

    /// Takes all that waits.
    ///
    /// Waits for something, for half a second at most when `untilNextHalfSecond`; nil: closed and empty.
    func take(untilNextHalfSecond: Bool) -> [Element]? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        if waiting.isEmpty {
            wait(until: untilNextHalfSecond ? deadline(after: .milliseconds(500)) : nil) { !$0.waiting.isEmpty }
        }
        if waiting.isEmpty, isClosed { return nil }
        defer { waiting.removeAll(keepingCapacity: true) }
        return waiting
    }

    /// Waits until something is so, the queue is closed, or the time has come; with `mutex` held.
    private func wait(until deadline: timespec?, _ isSo: (WorkQueue) -> Bool) {
        while !isSo(self), !isClosed {
            if var deadline {
                if pthread_cond_timedwait(condition, mutex, &deadline) == ETIMEDOUT { return }
            } else {
                pthread_cond_wait(condition, mutex)
            }
        }
    }

    private func deadline(after time: Duration) -> timespec {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        let nanoseconds = now.tv_nsec + Int(time / .nanoseconds(1))
        return timespec(tv_sec: now.tv_sec + nanoseconds / 1_000_000_000, tv_nsec: nanoseconds % 1_000_000_000)
    }
}
