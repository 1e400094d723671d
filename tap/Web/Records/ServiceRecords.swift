import CoreMetrics
import Logging
import Synchronization
import TapLog
import Taproom

/// Where a service keeps records of its requests, as long as it runs and whatever its settings are.
final class ServiceRecords: Sendable {
    private struct Contents {
        var files: [File: Known] = [:]
        /// Made with the first connection: a start has no time for the figures of a service that nobody visits.
        var figures: RequestFigures?
    }

    private struct File: Hashable {
        let path: LocalPath
        let size: ByteCount
        let keep: Int
    }

    /// A file that is open as long as any settings name it, or requests are under way that began when they did.
    private struct Known {
        weak var file: AccessLogFile?
    }

    let counters: StoredCell<Counters, AtSnapshots>
    private let service: String
    /// The one that counts for the service, which event loops do not know.
    private let factory = MetricsSystem.factory
    private let logger: Logger
    private let contents = Mutex(Contents())

    init(_ service: String, _ counters: StoredCell<Counters, AtSnapshots>, _ logger: Logger) {
        (self.service, self.counters, self.logger) = (service, counters, logger)
    }

    /// The log that settings ask for, in the file of another one when they name none; nil: nothing is noted.
    ///
    /// A file that is open goes on being used. Throws ``AccessLogError``.
    func log(_ settings: WebAccessLog, in outer: AccessLog? = nil) throws(AccessLogError) -> AccessLog? {
        guard settings.format != .none else { return nil }
        guard let path = settings.file else { return outer.map { AccessLog(file: $0.file, format: settings.format) } }
        let key = File(path: path, size: settings.size, keep: settings.keep)
        if let file = contents.withLock({ $0.files[key]?.file }) {
            return AccessLog(file: file, format: settings.format)
        }
        let rotation = LogRotation(size: settings.size, keep: settings.keep)
        let file = try AccessLogFile(path.text, rotation, logger)
        OwnLogs.process.add(file)
        contents.withLock { contents in
            contents.files = contents.files.filter { $0.value.file != nil }
            contents.files[key] = Known(file: file)
        }
        return AccessLog(file: file, format: settings.format)
    }

    /// What watchers see of the requests.
    var figures: RequestFigures {
        contents.withLock { contents in
            let figures = contents.figures ?? RequestFigures(service: service, factory: factory)
            contents.figures = figures
            return figures
        }
    }

    /// What watchers see of the upstreams of a route.
    func figures(of route: PlaceName, _ upstreams: [Upstream]) -> UpstreamFigures {
        UpstreamFigures(service: service, route: route, upstreams, factory)
    }

    /// Waits until the logs are written, and shows the figures no more.
    func end() async {
        let (files, figures) = contents.withLock { ($0.files.values.compactMap(\.file), $0.figures) }
        for file in files { await file.end() }
        figures?.destroy()
    }
}
