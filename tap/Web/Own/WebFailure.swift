/// A request that can't be answered as it was asked, thrown by a handler.
///
///     guard let entry = try await entries.value(for: number) else { throw WebFailure(404) }
///
/// The client gets the page that the settings name for the status, or one of ours.
public struct WebFailure: Error, Equatable, CustomStringConvertible {
    /// The status of the answer, from 400 to 599.
    public var status: Int
    /// What the client is told besides, in one sentence; nil: what is always said with the status.
    ///
    /// With it our own page is sent.
    public var message: String?

    /// A failure with a status, and a sentence for the client.
    public init(_ status: Int, _ message: String? = nil) { (self.status, self.message) = (status, message) }

    /// The status and the sentence.
    public var description: String { message.map { "\(status): \($0)" } ?? "\(status)" }
}
