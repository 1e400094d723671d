/// Where requests that a place answers are written down.
final class PlaceRecord: Sendable {
    /// The log they are noted in; nil: none.
    let log: AccessLog?

    init(log: AccessLog?) { self.log = log }
}
