import NIOHTTP1

/// The fields of a request that matter to a file server, found in one pass.
struct RequestFields {
    private(set) var hosts = 0
    private(set) var hostIsValid = true
    private(set) var range: String?
    private(set) var ifRange: String?
    private(set) var ifMatch: String?
    private(set) var ifNoneMatch: String?
    private(set) var ifModifiedSince: String?
    private(set) var ifUnmodifiedSince: String?
    private(set) var contentLength: Int64?
    private(set) var expectsContinue = false
    private(set) var asksForUpgrade = false
    /// Whether any field was found that can change which bytes are sent.
    private(set) var isConditional = false

    /// No fields.
    init() {}

    /// Takes what it needs from a header.
    init(_ headers: HTTPHeaders) {
        for (name, value) in headers { take(name, value) }
    }

    // Most fields of a browser are of no interest: their length says so, without a look at the name.
    private mutating func take(_ name: String, _ value: String) {
        switch name.utf8.count {
        case 4 where name.isField("host"):
            hosts += 1
            hostIsValid = hostIsValid && RequestFields.isHost(value)
        case 5 where name.isField("range"): set(\.range, value)
        case 6 where name.isField("expect"): expectsContinue = value.lowercased() == "100-continue"
        case 7 where name.isField("upgrade"): asksForUpgrade = true
        case 8 where name.isField("if-match"): append(\.ifMatch, value)
        case 8 where name.isField("if-range"): set(\.ifRange, value)
        case 13 where name.isField("if-none-match"): append(\.ifNoneMatch, value)
        case 14 where name.isField("content-length"): contentLength = Int64(value)
        case 17 where name.isField("if-modified-since"): set(\.ifModifiedSince, value)
        case 19 where name.isField("if-unmodified-since"): set(\.ifUnmodifiedSince, value)
        default: break
        }
    }

    private mutating func set(_ field: WritableKeyPath<RequestFields, String?>, _ value: String) {
        self[keyPath: field] = value
        isConditional = true
    }

    private mutating func append(_ field: WritableKeyPath<RequestFields, String?>, _ value: String) {
        self[keyPath: field] = self[keyPath: field].map { $0 + ", " + value } ?? value
        isConditional = true
    }

    /// Whether a value can be a host with an optional port.
    ///
    /// What the name means is of no interest here.
    private static func isHost(_ value: String) -> Bool {
        value.utf8.allSatisfy { byte in
            switch byte {
            case 0...0x20, 0x7F, UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"), UInt8(ascii: "@"),
                UInt8(ascii: ","), UInt8(ascii: "\\"), UInt8(ascii: "<"), UInt8(ascii: ">"):
                false
            default: true
            }
        }
    }
}

extension String {
    /// Whether this is the name of a field, which is given in small letters and hyphens and has the same length.
    fileprivate func isField(_ name: StaticString) -> Bool {
        name.withUTF8Buffer { expected in
            utf8.elementsEqual(expected) { $0 == $1 || ($0 | 0x20 == $1 && (0x41...0x5A).contains($0)) }
        }
    }
}
