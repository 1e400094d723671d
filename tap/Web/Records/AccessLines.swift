import NIOCore

/// The lines of access logs that an event loop has written and not yet handed over, a page for each file.
///
/// Used on its event loop only. A page is handed over when it is full, and a second after its first line at the latest.
final class AccessLines {
    private static let pageBytes = 16 << 10
    private static let patience = TimeAmount.seconds(1)

    private struct Page {
        let file: AccessLogFile
        var bytes = ByteBufferAllocator().buffer(capacity: 4096)
        var count = 0
    }

    private let loop: any EventLoop
    private var pages: [ObjectIdentifier: Page] = [:]
    private var clock = AccessClock()
    private var timer: Scheduled<Void>?

    init(on loop: any EventLoop) { self.loop = loop }

    /// Notes a request.
    func add(_ line: AccessLine, to log: AccessLog) {
        let key = ObjectIdentifier(log.file)
        line.write(log.format, to: &pages[key, default: Page(file: log.file)].bytes, &clock)
        pages[key]?.count += 1
        if let page = pages[key], page.bytes.readableBytes >= AccessLines.pageBytes {
            pages[key] = nil
            page.file.take(page.bytes, count: page.count)
        } else if timer == nil {
            timer = loop.assumeIsolated().scheduleTask(in: AccessLines.patience) { [weak self] in self?.handOver() }
        }
    }

    /// Hands all lines over.
    func handOver() {
        timer?.cancel()
        timer = nil
        let full = pages
        pages = [:]
        for page in full.values { page.file.take(page.bytes, count: page.count) }
    }
}
