/// What answers for some names, by paths.
final class VirtualHost: Sendable {
    /// Its number among the hosts of the site.
    let number: Int
    /// Where requests are written down that no place answers.
    let record: PlaceRecord
    /// The longest paths first.
    private let places: [Place]

    /// Places of which one is for everything.
    init(_ number: Int, _ places: [Place], _ record: PlaceRecord) {
        (self.number, self.record) = (number, record)
        self.places = places.sorted { $0.segments.count > $1.segments.count }
    }

    /// The place whose path is the longest that a path lies in.
    func place(for path: RequestPath) -> Place? {
        places.first { place in
            place.segments.isEmpty
                || place.segments.count <= path.segments.count && path.segments.starts(with: place.segments)
        }
    }
}
