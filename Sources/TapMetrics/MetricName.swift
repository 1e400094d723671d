/// Makes names as the Prometheus data model wants them of what programs call their metrics.
///
/// https://prometheus.io/docs/concepts/data_model/ says which characters a name can have;
/// https://prometheus.io/docs/practices/naming/ how it ends. Colons are for those who write rules, and are not kept.
enum MetricName {
    static func counter(_ label: String) -> String { valid(label, endingWith: "_total") }

    static func time(_ label: String) -> String { valid(label, endingWith: "_seconds") }

    /// The name with an ending, unless it has that already.
    static func valid(_ label: String, endingWith ending: String = "") -> String {
        let name = replacingOthers(label)
        return name.hasSuffix(ending) ? name : name + ending
    }

    /// Labels with valid names, each of them once, sorted: in whatever order they were given they are the same series.
    ///
    /// `reserved` is a name that the kind of metric needs for itself.
    static func labels(_ dimensions: [(String, String)], reserved: String? = nil) -> [MetricLabel] {
        var labels: [MetricLabel] = []
        labels.reserveCapacity(dimensions.count)
        for (key, value) in dimensions {
            var name = replacingOthers(key)
            // Names that begin with two underscores are Prometheus' own.
            while name.hasPrefix("__") { name.removeFirst() }
            while name == reserved || labels.contains(where: { $0.name == name }) { name += "_" }
            labels.append(MetricLabel(name, value))
        }
        labels.sort()
        return labels
    }

    private static func replacingOthers(_ text: String) -> String {
        if let first = text.utf8.first, !isDigit(first), text.utf8.allSatisfy(isValid) { return text }
        let replaced = String(text.unicodeScalars.map { $0.isASCII && isValid(UInt8($0.value)) ? Character($0) : "_" })
        guard let first = replaced.utf8.first, !isDigit(first) else { return "_" + replaced }
        return replaced
    }

    private static func isValid(_ byte: UInt8) -> Bool {
        isDigit(byte) || byte == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
