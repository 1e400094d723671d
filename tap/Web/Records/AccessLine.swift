import Glibc
import NIOCore
import NIOHTTP1
import TapAccessLog

/// What an access log says of a request.
struct AccessLine {
    /// Where a client left before it was answered, nginx's number says so.
    static let clientLeft = 499

    let client: Client
    /// Who the client has shown to be, if anybody.
    let user: String?
    /// Nil for what could not be read as a request.
    let request: Request?
    let status: Int
    /// The bytes of the body that were sent.
    let bytes: Int64
    /// How long it took from the head of the request to the end of the answer.
    let nanoseconds: Int64

    /// Writes the line with its end.
    func write(_ format: WebAccessLog.Format, to line: inout ByteBuffer, _ clock: inout AccessClock) {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        switch format {
        case .none: return
        case .json: writeJSON(to: &line, clock.timestamp(now))
        case .common: writeCommon(to: &line, clock.common(now))
        case .combined:
            writeCommon(to: &line, clock.common(now))
            let (referer, agent) = origin
            writeQuoted(referer, to: &line)
            writeQuoted(agent, to: &line)
        }
        line.writeInteger(UInt8(ascii: "\n"))
    }

    /// The common format of NCSA httpd: `client - user [time] "request line" status bytes`, with `-` for what there is not.
    private func writeCommon(to line: inout ByteBuffer, _ time: String) {
        LineEscaping.word(client.ip ?? "-", to: &line)
        line.writeStaticString(" - ")
        LineEscaping.word(user.flatMap { $0.isEmpty ? nil : $0 } ?? "-", to: &line)
        line.writeStaticString(" [")
        line.writeString(time)
        line.writeStaticString("] \"")
        if let request {
            write(request.method.rawValue, to: &line)
            line.writeStaticString(" ")
            write(request.target, to: &line)
            line.writeStaticString(" ")
            line.writeString(protocolName(request))
        } else {
            line.writeStaticString("-")
        }
        line.writeStaticString("\" ")
        line.writeString(String(status))
        line.writeStaticString(" ")
        line.writeString(bytes == 0 ? "-" : String(bytes))
    }

    private func write(_ text: String, to line: inout ByteBuffer) {
        var text = text
        text.withUTF8 { LineEscaping.quoted(UnsafeRawBufferPointer($0), to: &line) }
    }

    private func writeQuoted(_ value: ByteBuffer?, to line: inout ByteBuffer) {
        line.writeStaticString(" \"")
        if let value, value.readableBytes > 0 {
            value.withUnsafeReadableBytes { LineEscaping.quoted($0, to: &line) }
        } else {
            line.writeStaticString("-")
        }
        line.writeStaticString("\"")
    }

    func protocolName(_ request: Request) -> String { "HTTP/\(request.version.major).\(request.version.minor)" }

    /// What the client has come from, and the name it gives itself: the first of each counts.
    var origin: (referer: ByteBuffer?, agent: ByteBuffer?) {
        var found: (referer: ByteBuffer?, agent: ByteBuffer?)
        request?.lines.forEachField { name, value in
            if name.count == 7, found.referer == nil, name.isField("referer") {
                found.referer = ByteBuffer(bytes: value)
            } else if name.count == 10, found.agent == nil, name.isField("user-agent") {
                found.agent = ByteBuffer(bytes: value)
            }
        }
        return found
    }
}
