import Glibc
import NIOCore
import TapAccessLog

/// What an access log says of a request.
struct SocksLine {
    let client: String?
    let user: String?
    let request: SocksRequest
    /// The address that was reached, or is waited at.
    let address: Destination?
    let reply: SocksReply
    let bytes: SocksCounters.Bytes
    let nanoseconds: Int64

    /// Writes the line with its end.
    func write(_ format: SocksAccessLog.Format, to line: inout ByteBuffer, _ clock: inout AccessClock) {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        switch format {
        case .common: writeCommon(to: &line, clock.common(now))
        case .json: writeJSON(to: &line, clock.timestamp(now))
        }
        line.writeInteger(UInt8(ascii: "\n"))
    }

    /// `client - user [time] "COMMAND destination version" reply received sent`, with `-` for what there is not.
    private func writeCommon(to line: inout ByteBuffer, _ time: String) {
        LineEscaping.word(client ?? "-", to: &line)
        line.writeStaticString(" - ")
        LineEscaping.word(user ?? "-", to: &line)
        line.writeString(" [\(time)] \"\(request.command.name) ")
        var destination = request.destination.description
        destination.withUTF8 { LineEscaping.quoted(UnsafeRawBufferPointer($0), to: &line) }
        line.writeString(" \(request.version.rawValue)\" \(reply.rawValue) \(bytes.received) \(bytes.sent)")
    }

    /// An object with always the same keys; what there is not is null.
    private func writeJSON(to line: inout ByteBuffer, _ time: String) {
        line.writeString("{\"time\":\"\(time)\"")
        add("client", client, to: &line)
        add("user", user, to: &line)
        add("command", request.command.rawValue, to: &line)
        add("destination", request.destination.description, to: &line)
        add("address", address?.description, to: &line)
        add("protocol", request.version.rawValue, to: &line)
        let microseconds = Int(nanoseconds / 1000)
        let rest = AccessClock.digits(microseconds % 1000, 3)
        line.writeString(
            ",\"reply\":\(reply.rawValue),\"received\":\(bytes.received),\"sent\":\(bytes.sent)"
                + ",\"milliseconds\":\(microseconds / 1000).\(rest)}")
    }

    private func add(_ key: StaticString, _ value: String?, to line: inout ByteBuffer) {
        line.writeStaticString(",\"")
        line.writeStaticString(key)
        line.writeStaticString("\":")
        guard var value else {
            line.writeStaticString("null")
            return
        }
        value.withUTF8 { LineEscaping.json(UnsafeRawBufferPointer($0), to: &line) }
    }
}
