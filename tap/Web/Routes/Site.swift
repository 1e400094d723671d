import Logging
import Taproom

/// What a web service serves: its hosts, with their folders open.
///
/// Shared by all event loops.
final class Site: Sendable {
    let settings: WebSettings
    let logger: Logger
    let records: ServiceRecords
    /// Whether each request is logged, which is asked too often to ask the logger.
    let logsRequests: Bool
    let errorPages: ErrorPages
    let certificates: SiteCertificates
    private let hosts: HostTable<VirtualHost>
    private let everything: VirtualHost

    /// Opens all folders.
    ///
    /// `own` is what a program adds, and `lookUp` finds users. Throws ``SiteError``, ``RouteError``, ``AccessLogError``,
    /// ``TapSecrets/PasswordFileError``, and ``TapTLS/CertificateError``.
    init(
        _ settings: WebSettings, logger: Logger, records: ServiceRecords, _ own: OwnSite? = nil,
        lookUp: @escaping @Sendable (String) -> UserAccount? = UserAccount.find
    ) throws {
        self.settings = settings
        self.logger = logger
        self.records = records
        logsRequests = logger.logLevel <= .debug
        let errorPages = try ErrorPages(settings)
        self.errorPages = errorPages
        certificates = try SiteCertificates(settings, logger: logger)
        let routes = try own.map { own in
            try OwnRoutes(own.router, errorPages: errorPages, logger: logger, tasks: own.tasks)
        }
        var builder = try SiteBuilder(settings, logger, records, routes)
        let users = UserFolders(settings.users, FileRules(settings), logger: logger, lookUp: lookUp).map(UserPages.init)
        everything = try builder.host(settings.static, settings.routes, nil, users)
        var hosts = HostTable<VirtualHost>()
        for host in settings.hosts {
            let made = try builder.host(host.static, host.routes, host)
            for name in host.name.elements { hosts.add(name, made) }
        }
        self.hosts = hosts
    }

    /// Where requests are written down that are refused before their host is known.
    var record: PlaceRecord { everything.record }

    /// What answers for the host of a request.
    func host(of request: Request) -> VirtualHost {
        hosts.isEmpty ? everything : hosts.find(HostName.normalized(request.fields.host)) ?? everything
    }
}

/// Makes places from settings, and counts them.
private struct SiteBuilder {
    private let rules: FileRules
    private let marks: PlaceMarks
    /// Whether no folder and no route is set anywhere.
    private let isBare: Bool
    private var count = 0
    private var hostCount = 0

    private let logger: Logger
    private let records: ServiceRecords
    private let log: AccessLog?
    private let own: OwnRoutes?

    init(_ settings: WebSettings, _ logger: Logger, _ records: ServiceRecords, _ own: OwnRoutes?) throws {
        (self.logger, self.records, self.own) = (logger, records, own)
        log = try records.log(settings.accessLog)
        isBare =
            own == nil && settings.static == nil && settings.users.folder == nil && settings.routes.isEmpty
            && settings.hosts.isEmpty
        rules = FileRules(settings)
        marks = PlaceMarks(
            headers: settings.headers, cache: settings.cache,
            addresses: AddressRules(allow: settings.allow.elements, deny: settings.deny.elements),
            access: try AccessMarks().changed(by: AllPlace(settings), logger))
    }

    mutating func host(
        _ folder: LocalPath?, _ routes: [WebRoute], _ host: WebHost?, _ users: UserPages? = nil
    ) throws -> VirtualHost {
        let rules = host.map { self.rules.changed(by: $0) } ?? self.rules
        let marks = try host.map { try self.marks.changed(by: $0, logger) } ?? self.marks
        let log = if let own = host?.accessLog { try records.log(own, in: self.log) } else { self.log }
        let name = host?.name.elements.first.map(HostName.normalized)
        var places: [Place] = []
        var tree: FileTree?
        if let folder { tree = try FileTree(folder, rules) }
        for route in routes {
            let segments = (try? RequestPath(route.path).segments) ?? []
            let record = PlaceRecord(PlaceName(host: name, path: route.path), log: log)
            let action = try action(of: route, at: segments, rules.changed(by: route), inherited: folder, record)
            places.append(
                place(segments, action, try marks.changed(by: route, logger), record, isOwn: !route.hasAnswer))
        }
        let action: Place.Action =
            if let redirect = host?.redirect {
                .redirect(RedirectTarget(redirect), status: host?.status ?? 308)
            } else {
                tree.map { .files($0, dropping: 0) } ?? (isBare ? .welcome : .nothing)
            }
        let record = PlaceRecord(PlaceName(host: name, path: "/"), log: log)
        places.append(place([], action, marks, record, isOwn: host?.redirect == nil, users))
        hostCount += 1
        return VirtualHost(hostCount, places, PlaceRecord(PlaceName(host: name, path: nil), log: log))
    }

    private mutating func place(
        _ segments: [[UInt8]], _ action: Place.Action, _ marks: PlaceMarks, _ record: PlaceRecord, isOwn: Bool,
        _ users: UserPages? = nil
    ) -> Place {
        defer { count += 1 }
        return Place(count, at: segments, action, marks, record, own: isOwn ? own : nil, users: users)
    }

    private func action(
        of route: WebRoute, at segments: [[UInt8]], _ rules: FileRules, inherited: LocalPath?, _ record: PlaceRecord
    ) throws -> Place.Action {
        if let redirect = route.redirect { return .redirect(RedirectTarget(redirect), status: route.status ?? 308) }
        if let proxy = route.proxy {
            let figures = records.figures(of: record.name, proxy.to.elements)
            return .handled(try ProxyUpstreams(proxy, logger: logger, figures: figures))
        }
        if let cgi = route.cgi { return .handled(try CGIPrograms(cgi, logger: logger)) }
        if let fastcgi = route.fastcgi { return .handled(try FastCGIPrograms(fastcgi, logger: logger)) }
        if let rewrite = route.rewrite { return .rewrite(RedirectTarget(rewrite)) }
        if let folder = route.static { return .files(try FileTree(folder, rules), dropping: segments.count) }
        guard let inherited else { return .nothing }
        return .files(try FileTree(inherited, rules), dropping: 0)
    }
}
