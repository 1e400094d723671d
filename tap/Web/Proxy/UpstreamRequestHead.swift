import NIOCore
import NIOHTTP1

/// How the end of a request's body is told to an upstream.
enum RequestFraming: Equatable {
    case none
    case length(Int64)
    case chunked

    init(_ request: Request) {
        self =
            if let length = request.fields.contentLength { .length(length) } else { request.hasBody ? .chunked : .none }
    }

    /// Whether bytes can follow the head.
    var hasBody: Bool { self != .none && self != .length(0) }
}

/// Writes the heads of requests to upstreams, with what the settings say about their fields.
///
/// Left out is what belongs to the client's connection; added is what an upstream has to know about the client.
final class UpstreamRequestHead: Sendable {
    private let settings: ProxySettings
    /// The names of fields that are set or removed, in small letters.
    private let replaced: Set<String>
    /// The lines of fields that are set.
    private let lines: String
    private let host: String?

    init(_ settings: ProxySettings) {
        self.settings = settings
        replaced = Set(settings.headers.keys.map { $0.lowercased() })
        lines = settings.headers.sorted { $0.key < $1.key }
            .filter { !$0.value.isEmpty && $0.key.lowercased() != "host" }
            .map { "\($0.key): \($0.value)\r\n" }.joined()
        host = settings.headers.first { $0.key.lowercased() == "host" && !$0.value.isEmpty }?.value
    }

    /// Whether a request's wish for another protocol is passed on.
    ///
    /// That for HTTP/2 is not: what follows would be requests that nobody here reads, and no rule for requests would hold.
    static func mayUpgrade(_ request: Request) -> Bool {
        guard request.fields.asksForUpgrade, let protocols = request.lines.list("upgrade") else { return false }
        return protocols.split(separator: ",").allSatisfy { word in
            let name = word.trimmingSpaces.lowercased()
            return !["", "h2", "h2c", "http"].contains(name) && !name.hasPrefix("http/") && !name.hasPrefix("tls")
        }
    }

    /// The head with its empty line.
    func bytes(
        _ request: Request, target: String, to upstream: Upstream, framing: RequestFraming, mayUpgrade: Bool,
        keepsAlive: Bool
    ) -> ByteBuffer {
        var bytes = ByteBufferAllocator().buffer(
            capacity: 256 + target.utf8.count + request.lines.readableBytes + lines.utf8.count)
        bytes.writeString(request.method.rawValue)
        bytes.writeStaticString(" ")
        bytes.writeString(target)
        bytes.writeStaticString(" HTTP/1.1\r\nHost: ")
        bytes.writeString(hostName(request, upstream))
        bytes.writeStaticString("\r\n")
        writePassed(request, &bytes, mayUpgrade: mayUpgrade)
        ForwardedFields.write(
            to: &bytes, ip: request.client.ip, scheme: request.client.scheme, host: request.fields.host)
        bytes.writeStaticString("Via: ")
        bytes.writeStaticString(request.version.major > 1 ? "2.0" : request.version.minor > 0 ? "1.1" : "1.0")
        bytes.writeStaticString(" taproom\r\n")
        bytes.writeString(lines)
        switch framing {
        case .none: break
        case .length(let length): bytes.writeString("Content-Length: \(length)\r\n")
        case .chunked: bytes.writeStaticString("Transfer-Encoding: chunked\r\n")
        }
        if mayUpgrade {
            bytes.writeStaticString("Connection: Upgrade\r\n")
        } else if !keepsAlive {
            bytes.writeStaticString("Connection: close\r\n")
        }
        bytes.writeStaticString("\r\n")
        return bytes
    }

    private func hostName(_ request: Request, _ upstream: Upstream) -> String {
        if let host { return host }
        return settings.host == .upstream || request.fields.host.isEmpty ? upstream.authority : request.fields.host
    }

    /// Writes the client's fields, as they came, but for those that are about the connection or are set anew.
    private func writePassed(_ request: Request, _ bytes: inout ByteBuffer, mayUpgrade: Bool) {
        var named: [String] = []
        if request.fields.hasConnection {
            request.lines.forEachField { name, value in
                if name.count == 10, name.isField("connection") { named += HopByHop.names(in: value) }
            }
        }
        // Clients of HTTP/2 may send cookies in pieces, which are one field in HTTP/1 (RFC 9113, 8.2.3).
        var cookies: [String] = []
        request.lines.write(to: &bytes) { name, value in
            let isUpgrade = mayUpgrade && name.count == 7 && name.isField("upgrade")
            guard isUpgrade || !HopByHop.contains(name) && !UpstreamRequestHead.isOwn(name) else { return false }
            if !named.isEmpty || !replaced.isEmpty {
                let lowered = String(decoding: name, as: UTF8.self).lowercased()
                guard !replaced.contains(lowered), isUpgrade || !named.contains(lowered) else { return false }
            }
            if request.version.major > 1, name.count == 6, name.isField("cookie") {
                cookies.append(String(decoding: value, as: UTF8.self))
                return false
            }
            return true
        }
        if !cookies.isEmpty { bytes.writeString("Cookie: \(cookies.joined(separator: "; "))\r\n") }
    }

    /// Whether a field is written here, or has been answered already, as `Expect` has.
    private static func isOwn(_ name: UnsafeRawBufferPointer) -> Bool {
        switch name.count {
        case 4: name.isField("host")
        case 6: name.isField("expect")
        case 14: name.isField("content-length")
        default: ForwardedFields.contains(name)
        }
    }
}
