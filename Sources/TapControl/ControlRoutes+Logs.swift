import TapData
import TapLog

extension ControlRoutes {
    /// How many lines of the log are answered unless a number is asked for.
    package static let usualLines = 100

    /// `GET /v1/logs?lines=N`: the newest events, oldest first.
    ///
    /// With `follow=true` an object a line, and after those the events that come.
    func logs(_ request: ControlRequest) throws -> ControlResponse.Body {
        guard let logs, request.path.count == 2 else { throw unknown(request) }
        try require(["GET"], of: request)
        let count = try request.query["lines"].map { try number($0) } ?? ControlRoutes.usualLines
        switch request.query["follow"] {
        case nil, "false": return .json(try DatumEncoder().encode(logs.newest(count)))
        case "true":
            return .stream(logs.follow(newest: count) { $0.json + "\n" }, contentType: "application/x-ndjson")
        case let other?: throw ControlError.badRequest("follow must be true or false, but is \"\(other)\"")
        }
    }

    private func number(_ text: String) throws -> Int {
        guard let number = Int(text), (0...RecentLog.capacity).contains(number) else {
            throw ControlError.badRequest(
                "lines must be a number from 0 to \(RecentLog.capacity), but is \"\(text)\"")
        }
        return number
    }
}
