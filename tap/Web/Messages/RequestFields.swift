/// The fields of a request, and what is found in one pass of those that decide how it is read and which bytes answer it.
///
/// Values stay where they are in the lines until somebody asks: most requests are answered without a text of any of them.
struct RequestFields {
    /// All fields.
    var lines = FieldLines()

    private(set) var hosts = 0
    private(set) var hostIsValid = true
    private var hostPlace = FieldLines.Place.none
    private var acceptEncodingPlace = FieldLines.Place.none
    private var rangePlace = FieldLines.Place.none
    private var ifRangePlace = FieldLines.Place.none
    private var ifMatchPlace = FieldLines.Place.none
    private var ifNoneMatchPlace = FieldLines.Place.none
    private var ifModifiedSincePlace = FieldLines.Place.none
    private var ifUnmodifiedSincePlace = FieldLines.Place.none
    /// Whether a field that is a list stands in more than one line.
    private var hasLists = false

    /// The host with its port as it was sent, valid or not.
    var host: String { lines.text(at: hostPlace) ?? "" }
    /// The codings that the client accepts, as it wrote them.
    var acceptEncoding: String? { list("accept-encoding", acceptEncodingPlace) }
    var range: String? { lines.text(at: rangePlace) }
    var ifRange: String? { lines.text(at: ifRangePlace) }
    var ifMatch: String? { list("if-match", ifMatchPlace) }
    var ifNoneMatch: String? { list("if-none-match", ifNoneMatchPlace) }
    var ifModifiedSince: String? { lines.text(at: ifModifiedSincePlace) }
    var ifUnmodifiedSince: String? { lines.text(at: ifUnmodifiedSincePlace) }

    private func list(_ name: String, _ place: FieldLines.Place) -> String? {
        hasLists && place != .none ? lines.list(name) : lines.text(at: place)
    }

    /// How many bytes the body has, as far as a field says so.
    private(set) var contentLength: Int64?
    private(set) var isChunked = false
    private(set) var expectsContinue = false
    private(set) var asksToClose = false
    private(set) var asksToKeepAlive = false
    /// Whether another protocol is asked for on this connection.
    private(set) var asksForUpgrade = false
    /// Whether a field says which others are about the connection.
    private(set) var hasConnection = false
    /// Whether it has passed a proxy that says so.
    private(set) var hasVia = false
    /// Whether any field was found that can change which bytes are sent.
    private(set) var isConditional = false
    /// Whether the length of the body can't be told for sure; such a request is refused (RFC 9112, 6.3).
    private(set) var framing = Framing.clear

    /// What can be wrong with the fields that say where the body ends.
    enum Framing {
        case clear
        /// They contradict each other, or say what is no length.
        case broken
        /// They name a coding that nobody here knows.
        case unknownCoding
    }

    /// No fields.
    init() {}

    /// Takes a field, when it is of interest; its value begins at a byte of the lines.
    ///
    /// Its length tells for most that it is not, without a look at the name.
    mutating func take(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, at start: Int) {
        let place = FieldLines.Place(start, value.count)
        switch name.count {
        case 3 where name.isField("via"): hasVia = true
        case 4 where name.isField("host"):
            hosts += 1
            hostPlace = place
            hostIsValid = hostIsValid && RequestFields.isHost(value)
        case 5 where name.isField("range"): set(\.rangePlace, place)
        case 6 where name.isField("expect"): expectsContinue = text(value).lowercased() == "100-continue"
        case 7 where name.isField("upgrade"): hasUpgrade = true
        case 8 where name.isField("if-match"): append(\.ifMatchPlace, place)
        case 8 where name.isField("if-range"): set(\.ifRangePlace, place)
        case 10 where name.isField("connection"): takeConnection(value)
        case 13 where name.isField("if-none-match"): append(\.ifNoneMatchPlace, place)
        case 14 where name.isField("content-length"): takeLength(value)
        case 15 where name.isField("accept-encoding"):
            if acceptEncodingPlace != .none { hasLists = true }
            acceptEncodingPlace = place
        case 17 where name.isField("if-modified-since"): set(\.ifModifiedSincePlace, place)
        case 17 where name.isField("transfer-encoding"): takeCoding(value)
        case 19 where name.isField("if-unmodified-since"): set(\.ifUnmodifiedSincePlace, place)
        default: break
        }
    }

    private var hasUpgrade = false
    private var connectionUpgrades = false

    /// Draws the conclusions from all fields together.
    mutating func finish(isOld: Bool) {
        asksForUpgrade = hasUpgrade && connectionUpgrades && !isOld
        // In HTTP/1.0 there is no chunked coding: who sends it may be understood in two ways.
        if isChunked, contentLength != nil || isOld { framing = .broken }
        if isOld { expectsContinue = false }
    }

    /// Draws the conclusions for a request of HTTP/2, where frames say how long the body is, and fields about the connection
    /// are not allowed (RFC 9113, 8.2.2).
    mutating func finishStream(hasBody: Bool) {
        if isChunked || hasUpgrade { framing = .broken }
        isChunked = hasBody && contentLength == nil
    }

    private func text(_ bytes: UnsafeRawBufferPointer) -> String { String(decoding: bytes, as: UTF8.self) }

    private mutating func set(_ field: WritableKeyPath<RequestFields, FieldLines.Place>, _ place: FieldLines.Place) {
        self[keyPath: field] = place
        isConditional = true
    }

    private mutating func append(_ field: WritableKeyPath<RequestFields, FieldLines.Place>, _ place: FieldLines.Place) {
        if self[keyPath: field] != .none { hasLists = true }
        set(field, place)
    }

    private mutating func takeConnection(_ value: UnsafeRawBufferPointer) {
        hasConnection = true
        if value.count == 10, value.isField("keep-alive") {
            asksToKeepAlive = true
            return
        }
        if value.count == 5, value.isField("close") {
            asksToClose = true
            return
        }
        for word in text(value).split(separator: ",") {
            switch word.trimmingSpaces.lowercased() {
            case "close": asksToClose = true
            case "keep-alive": asksToKeepAlive = true
            case "upgrade": connectionUpgrades = true
            default: break
            }
        }
    }

    /// Only digits, and only once: lists of equal lengths are allowed to be read, and are only ever sent by mistake.
    private mutating func takeLength(_ value: UnsafeRawBufferPointer) {
        guard contentLength == nil, (1...18).contains(value.count),
            value.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else {
            framing = .broken
            return
        }
        contentLength = value.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
    }

    private mutating func takeCoding(_ value: UnsafeRawBufferPointer) {
        if isChunked { framing = .broken }
        isChunked = true
        if text(value).lowercased() != "chunked", framing == .clear { framing = .unknownCoding }
    }

    /// Whether a value can be a host with an optional port.
    ///
    /// What the name means is of no interest here.
    private static func isHost(_ value: UnsafeRawBufferPointer) -> Bool {
        value.allSatisfy { byte in
            switch byte {
            case 0...0x20, 0x7F, UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"), UInt8(ascii: "@"),
                UInt8(ascii: ","), UInt8(ascii: "\\"), UInt8(ascii: "<"), UInt8(ascii: ">"):
                false
            default: true
            }
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether this is the name of a field, which is given in small letters and hyphens and has the same length.
    func isField(_ name: StaticString) -> Bool {
        let expected = name.utf8Start
        for index in 0..<count where self[index] != expected[index] {
            guard self[index] | 0x20 == expected[index], (0x41...0x5A).contains(self[index]) else { return false }
        }
        return true
    }
}
