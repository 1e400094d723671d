package import NIOCore

/// The lines of access logs that an event loop has written and not yet handed over, a page for each file.
///
/// Used on its event loop only. A page is handed over when it is full, and a second after its first line at the latest.
package final class AccessPages {
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

    /// Without a line.
    package init(on loop: any EventLoop) { self.loop = loop }

    /// Notes something in a file.
    ///
    /// - Parameters:
    ///   - file: the file.
    ///   - write: writes one line with its end.
    package func add(to file: AccessLogFile, _ write: (inout ByteBuffer, inout AccessClock) -> Void) {
        let key = ObjectIdentifier(file)
        write(&pages[key, default: Page(file: file)].bytes, &clock)
        pages[key]?.count += 1
        if let page = pages[key], page.bytes.readableBytes >= AccessPages.pageBytes {
            pages[key] = nil
            page.file.take(page.bytes, count: page.count)
        } else if timer == nil {
            timer = loop.assumeIsolated().scheduleTask(in: AccessPages.patience) { [weak self] in self?.handOver() }
        }
    }

    /// Hands all lines over.
    package func handOver() {
        timer?.cancel()
        timer = nil
        let full = pages
        pages = [:]
        for page in full.values { page.file.take(page.bytes, count: page.count) }
    }
}
