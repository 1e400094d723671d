import Logging
import TapData
import TapLog

extension ControlRoutes {
    /// How often something is sent at least.
    private static let heartbeatInterval = Duration.seconds(15)

    /// The levels of the log, the least grave first.
    static let levels = Logger.Level.allCases.map(\.rawValue)

    /// What happens, from now on or from what the client knows.
    ///
    /// Over an upgrade it ends, and the client comes again with `Last-Event-ID`.
    func follow(_ request: ControlRequest) async throws -> ControlResponse {
        guard let live else { throw unknown(request) }
        let known = try request.lastEventID.map { text in
            guard let number = Int(text), number >= 0 else {
                throw ControlError.badRequest("Last-Event-ID must be the number of a revision, but is \"\(text)\"")
            }
            return number
        }
        let least = try request.query["logs"].map { try self.level($0) }
        let (queue, stream) = EventQueue.make(heartbeatEvery: ControlRoutes.heartbeatInterval)
        try await live.follow(queue, after: known)
        if let least, let logs {
            queue.send(logs.follow(newest: 0) { line in line.level >= least ? EventText.log(line.json) : "" })
        }
        return ControlResponse(
            status: 200, body: .stream(stream, contentType: EventText.mediaType), revision: nil)
    }

    private func level(_ word: String) throws -> Logger.Level {
        guard let level = Logger.Level(rawValue: word) else {
            throw ControlError.badRequest(
                "logs must be a level of the log, but is \"\(word)\".\(suggestion(for: word, among: ControlRoutes.levels))"
            )
        }
        return level
    }
}
