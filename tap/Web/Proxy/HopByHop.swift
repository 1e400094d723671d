/// The fields that belong to one connection and are not passed on (RFC 9110, 7.6.1), beside those that `Connection` names.
enum HopByHop {
    /// Those that programs have always treated so, whether `Connection` names them or not.
    ///
    /// `Trailer` is one of them here because fields behind the body are not passed on, and `TE` because nobody should
    /// count on them; `Proxy-Authenticate` and its like are between a client and a forward proxy.
    static func contains(_ name: UnsafeRawBufferPointer) -> Bool {
        switch name.count {
        case 2: name.isField("te")
        case 7: name.isField("trailer") || name.isField("upgrade")
        case 10: name.isField("connection") || name.isField("keep-alive")
        case 14: name.isField("http2-settings")
        case 16: name.isField("proxy-connection")
        case 17: name.isField("transfer-encoding")
        case 18: name.isField("proxy-authenticate")
        case 19: name.isField("proxy-authorization")
        case 25: name.isField("proxy-authentication-info")
        default: false
        }
    }

    /// Whether a field, whose name is in small letters, says how a message is taken out of a connection.
    static func isFraming(_ name: String) -> Bool {
        name == "content-length" || name == "expect"
            || Array(name.utf8).withUnsafeBytes { HopByHop.contains($0) }
    }

    /// The names in the value of a field `Connection`, in small letters; options that are no names of fields are left out.
    static func names(in value: UnsafeRawBufferPointer) -> [String] {
        // What most programs send, and no more.
        if value.count == 10, value.isField("keep-alive") { return [] }
        return String(decoding: value, as: UTF8.self).split(separator: ",")
            .map { $0.trimmingSpaces.lowercased() }
            .filter { !["", "close", "keep-alive", "upgrade"].contains($0) }
    }
}
