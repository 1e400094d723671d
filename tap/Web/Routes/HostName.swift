/// Names of hosts as requests and settings write them.
enum HostName {
    /// The name in small letters, without the port and the dot at its end.
    static func normalized(_ host: String) -> String {
        var name = host[...]
        if let colon = name.utf8.lastIndex(of: UInt8(ascii: ":")), !name[colon...].contains("]") {
            name = name[..<colon]
        }
        if name.utf8.last == UInt8(ascii: ".") { name = name.dropLast() }
        return name.lowercased()
    }

    /// Whether settings may name it: labels of letters, digits, hyphens and underscores with dots between them (RFC 1123,
    /// 2.1), an address, or the same behind `*.`.
    static func isValid(_ name: String) -> Bool {
        let base = name.hasPrefix("*.") ? name.dropFirst(2) : name[...]
        if base.hasPrefix("["), base.hasSuffix("]") { return base == name[...] }
        return !base.isEmpty && base.utf8.count <= 253
            && base.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
                (1...63).contains(label.utf8.count)
                    && label.utf8.allSatisfy { byte in
                        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF)
                            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                    }
            }
    }
}

/// Finds what a name stands for: the name itself before `*.` names, and of those the longest.
struct HostTable<Value: Sendable>: Sendable {
    private var exact: [String: Value] = [:]
    private var below: [String: Value] = [:]

    /// Whether there are any names.
    var isEmpty: Bool { exact.isEmpty && below.isEmpty }

    /// Adds a name; the first one of equal names counts.
    mutating func add(_ name: String, _ value: Value) {
        if name.hasPrefix("*.") {
            let name = name.dropFirst(2).lowercased()
            below[name] = below[name] ?? value
        } else {
            let name = HostName.normalized(name)
            exact[name] = exact[name] ?? value
        }
    }

    /// What a host in small letters without a port stands for.
    func find(_ name: String) -> Value? {
        if let value = exact[name] { return value }
        guard !below.isEmpty else { return nil }
        var rest = name[...]
        while let dot = rest.utf8.firstIndex(of: UInt8(ascii: ".")) {
            rest = rest[rest.utf8.index(after: dot)...]
            if let value = below[String(rest)] { return value }
        }
        return nil
    }
}
