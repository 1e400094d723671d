import Logging
import TapSecrets
import Taproom

/// What answers below a path of a host, made from settings.
///
/// Shared by all event loops.
final class Place: Sendable {
    /// What answers.
    enum Action: Sendable {
        /// Files, below so many names of the path.
        case files(FileTree, dropping: Int)
        case redirect(RedirectTarget, status: Int)
        /// The request is looked at again under another path.
        case rewrite(RedirectTarget)
        /// Somebody else answers.
        case handled(any HandlerOrigin)
        /// There is nothing.
        case nothing
        /// Nothing is set in the whole site: visitors see how to set something.
        case welcome
    }

    /// Its number among all places of the site.
    let number: Int
    /// The names of its path from the root down.
    let segments: [[UInt8]]
    private let action: Action
    /// What a program answers here before anything else does.
    private let own: OwnRoutes?
    private let users: UserPages?
    /// Fields that its responses have.
    let fields: [(name: String, value: String)]
    let addresses: AddressRules
    /// Where its requests are written down.
    let record: PlaceRecord
    /// What it asks of requests besides; nil: nothing.
    let access: AccessRules?
    private let caching: [(pattern: PathPattern, value: String)]

    init(
        _ number: Int, at segments: [[UInt8]], _ action: Action, _ marks: PlaceMarks, _ record: PlaceRecord,
        own: OwnRoutes? = nil, users: UserPages? = nil
    ) {
        (self.number, self.segments, self.action) = (number, segments, action)
        (self.record, self.own, self.users) = (record, own, users)
        addresses = marks.addresses
        access = AccessRules(marks.access)
        fields = marks.headers.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
        // The longest pattern says most.
        caching = marks.cache.sorted { ($0.key.utf8.count, $1.key) > ($1.key.utf8.count, $0.key) }.map {
            (PathPattern($0.key), $0.value)
        }
    }

    /// Whether requests are looked at again under another path when they have passed it.
    var isPassedThrough: Bool { if case .rewrite = action { true } else { false } }

    /// What answers a path that lies here.
    func action(for path: RequestPath) -> Action {
        if let own, own.has(path) { return .handled(own) }
        return users?.action(for: path) ?? action
    }

    /// The value of `Cache-Control` for a path, which begins with a slash.
    func caching(of path: [UInt8]) -> String? { caching.first { $0.pattern.matches(path) }?.value }
}

/// What places hand on to those that lie in them.
struct PlaceMarks {
    var headers: [String: String]
    var cache: [String: String]
    var addresses: AddressRules
    var access = AccessMarks()

    /// The same but for what an inner place says; its fields take the place of equal ones.
    ///
    /// Throws ``TapSecrets/PasswordFileError``.
    func changed(by place: any WebPlace, _ logger: Logger) throws(PasswordFileError) -> PlaceMarks {
        let names = Set(place.headers.keys.map { $0.lowercased() })
        return PlaceMarks(
            headers: headers.filter { !names.contains($0.key.lowercased()) }.merging(place.headers) { $1 },
            cache: cache.merging(place.cache) { $1 },
            addresses: addresses.changed(by: place),
            access: try access.changed(by: place, logger))
    }
}
