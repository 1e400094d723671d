import CoreMetrics
import Logging
import Synchronization
import TapAccessLog
import Taproom

/// Where a service keeps records of its requests, as long as it runs and whatever its settings are.
final class ServiceRecords: Sendable {
    let counters: StoredCell<Counters, AtSnapshots>
    private let service: String
    /// The one that counts for the service, which event loops do not know.
    private let factory = MetricsSystem.factory
    private let files: AccessLogFiles
    /// Made with the first connection: a start has no time for the figures of a service that nobody visits.
    private let knownFigures = Mutex<RequestFigures?>(nil)

    init(_ service: String, _ counters: StoredCell<Counters, AtSnapshots>, _ logger: Logger) {
        (self.service, self.counters, files) = (service, counters, AccessLogFiles(logger))
    }

    /// The log that settings ask for, in the file of another one when they name none; nil: nothing is noted.
    ///
    /// A file that is open goes on being used. Throws ``AccessLogError``.
    func log(_ settings: WebAccessLog, in outer: AccessLog? = nil) throws(AccessLogError) -> AccessLog? {
        guard settings.format != .none else { return nil }
        guard let path = settings.file else { return outer.map { AccessLog(file: $0.file, format: settings.format) } }
        let file = try files.file(path, size: settings.size, keep: settings.keep)
        return AccessLog(file: file, format: settings.format)
    }

    /// What watchers see of the requests.
    var figures: RequestFigures {
        knownFigures.withLock { known in
            let figures = known ?? RequestFigures(service: service, factory: factory)
            known = figures
            return figures
        }
    }

    /// What watchers see of the upstreams of a route.
    func figures(of route: PlaceName, _ upstreams: [Upstream]) -> UpstreamFigures {
        UpstreamFigures(service: service, route: route, upstreams, factory)
    }

    /// Waits until the logs are written, and shows the figures no more.
    func end() async {
        await files.end()
        knownFigures.withLock { $0 }?.destroy()
    }
}
