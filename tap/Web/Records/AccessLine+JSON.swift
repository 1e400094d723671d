import NIOCore
import NIOHTTP1
import TapAccessLog

extension AccessLine {
    /// An object with always the same keys; what there is not is null.
    func writeJSON(to line: inout ByteBuffer, _ time: String) {
        line.writeStaticString("{\"time\":\"")
        line.writeString(time)
        line.writeStaticString("\"")
        add("client", client.ip, to: &line)
        add("user", user, to: &line)
        add("host", request?.fields.host, to: &line)
        add("method", request?.method.rawValue, to: &line)
        add("target", request?.target, to: &line)
        add("protocol", request.map(protocolName), to: &line)
        line.writeString(",\"tls\":\(client.isSecure),\"status\":\(status),\"bytes\":\(bytes)")
        let microseconds = Int(nanoseconds / 1000)
        let rest = AccessClock.digits(microseconds % 1000, 3)
        line.writeString(",\"milliseconds\":\(microseconds / 1000).\(rest)")
        let (referer, agent) = origin
        add("referer", referer, to: &line)
        add("userAgent", agent, to: &line)
        line.writeStaticString("}")
    }

    private func add(_ key: StaticString, _ value: String?, to line: inout ByteBuffer) {
        begin(key, to: &line)
        guard var value else { return null(&line) }
        value.withUTF8 { LineEscaping.json(UnsafeRawBufferPointer($0), to: &line) }
    }

    private func add(_ key: StaticString, _ value: ByteBuffer?, to line: inout ByteBuffer) {
        begin(key, to: &line)
        guard let value else { return null(&line) }
        value.withUnsafeReadableBytes { LineEscaping.json($0, to: &line) }
    }

    private func begin(_ key: StaticString, to line: inout ByteBuffer) {
        line.writeStaticString(",\"")
        line.writeStaticString(key)
        line.writeStaticString("\":")
    }

    private func null(_ line: inout ByteBuffer) { line.writeStaticString("null") }
}
