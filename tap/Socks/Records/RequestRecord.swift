import Logging
import NIOCore
import Taproom

/// What is noted of one request, whoever carries it out.
struct RequestRecord {
    let request: SocksRequest
    let asker: Asker
    let policy: SocksPolicy
    let records: SocksRecords
    private let begun = NIODeadline.now()

    /// A request that nobody has looked at.
    init(_ request: SocksRequest, _ asker: Asker, _ policy: SocksPolicy, _ records: SocksRecords) {
        (self.request, self.asker, self.policy, self.records) = (request, asker, policy, records)
    }

    /// It is carried out, at an address.
    func granted(_ address: Destination) {
        records.count(request.command, .granted, for: asker.user)
        records.logger.debug("a request is granted", metadata: metadata.adding("address", "\(address)"))
    }

    /// Nothing comes of it; answers what the client is told, which is to be noted.
    func failed(_ error: any Error) -> SocksReply {
        records.count(request.command, error is Refusal ? .refused : .failed, for: asker.user)
        if let refusal = error as? Refusal {
            records.refusals.say("a request was refused", metadata.adding("reason", refusal.reason))
        } else {
            records.logger.debug("a request failed", metadata: metadata.adding("error", "\(error)"))
        }
        return SocksReply(error)
    }

    /// The client has left before it was clear what comes of it.
    func leftEarly() { records.count(request.command, .failed, for: asker.user) }

    /// Says that a datagram was not let through.
    func datagramRefused(_ refusal: Refusal, _ destination: Destination) {
        let metadata = metadata.adding("reason", refusal.reason).adding("destination", "\(destination)")
        records.refusals.say("a datagram was refused", metadata)
    }

    /// The line of the access log; nil: there is none.
    func line(_ reply: SocksReply, _ address: Destination?, _ bytes: SocksCounters.Bytes) -> SocksLine? {
        guard policy.log != nil else { return nil }
        return SocksLine(
            client: asker.address.map(Destination.text), user: asker.user, request: request, address: address,
            reply: reply, bytes: bytes, nanoseconds: (.now() - begun).nanoseconds)
    }

    private var metadata: Logger.Metadata {
        var metadata: Logger.Metadata = [
            "client": "\(asker.address.map(Destination.text) ?? "unix")", "command": "\(request.command.rawValue)",
            "destination": "\(request.destination)",
        ]
        if let user = asker.user { metadata["user"] = "\(user)" }
        return metadata
    }
}

extension Logger.Metadata {
    /// The same with one more.
    func adding(_ key: String, _ value: String) -> Logger.Metadata { merging([key: "\(value)"]) { $1 } }
}
