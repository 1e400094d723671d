package import TapFile

/// What only an application that runs can do for those who ask through its sockets.
package protocol LiveApplication: Sendable {
    /// Tells a queue how the services are, which revisions its client has missed, and then whatever happens.
    ///
    /// - Parameters:
    ///   - queue: what is told.
    ///   - revision: the last one the client knows; it is told again, for its status may be another. Nil: the active one.
    /// - Throws: when the tap can't be read.
    func follow(_ queue: EventQueue, after revision: Int?) async throws
    /// The token of a text; nil: there is none.
    func token(_ text: String) async throws -> ControlToken?
}
