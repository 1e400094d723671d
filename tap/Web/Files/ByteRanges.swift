/// The ranges of bytes that a request asks for (RFC 9110, 14.1.2), applied to a file of a known size.
enum ByteRanges: Equatable {
    /// The field is not one we follow: the whole file is sent.
    case ignored
    /// None of the ranges lies in the file.
    case unsatisfiable
    /// What to send, in the order asked for. Never empty, and no range is.
    case ranges([Range<Int64>])

    /// More ranges than this in one request are taken for an attack, and ignored.
    static let maximumCount = 32

    /// Reads a `Range` field.
    init(_ field: String, size: Int64) {
        let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].lowercased() == "bytes" else {
            self = .ignored
            return
        }
        let specifications = parts[1].split(separator: ",", omittingEmptySubsequences: true)
        guard (1...ByteRanges.maximumCount).contains(specifications.count) else {
            self = .ignored
            return
        }
        var ranges: [Range<Int64>] = []
        for specification in specifications {
            switch ByteRanges.range(specification, size: size) {
            case .malformed:
                self = .ignored
                return
            case .outside: break
            case .inside(let range): ranges.append(range)
            }
        }
        self = ranges.isEmpty ? .unsatisfiable : .ranges(ByteRanges.withoutOverlaps(ranges))
    }

    private enum Reading {
        case malformed
        case outside
        case inside(Range<Int64>)
    }

    private static func range(_ text: Substring, size: Int64) -> Reading {
        let ends = text.trimmingSpaces.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2 else { return .malformed }
        switch (ends[0].isEmpty, ends[1].isEmpty) {
        case (true, true): return .malformed
        case (true, false):
            guard let count = number(ends[1]) else { return .malformed }
            return count == 0 || size == 0 ? .outside : .inside(max(0, size - count)..<size)
        case (false, let isOpen):
            guard let first = number(ends[0]), let last = isOpen ? Int64.max : number(ends[1]), first <= last else {
                return .malformed
            }
            return first >= size ? .outside : .inside(first..<min(last, size - 1) + 1)
        }
    }

    /// Numbers too great to count are as good as the greatest.
    private static func number(_ digits: Substring) -> Int64? {
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int64(digits) ?? Int64.max
    }

    /// Ranges that overlap are joined, so that no byte is sent twice; only then the order changes.
    private static func withoutOverlaps(_ ranges: [Range<Int64>]) -> [Range<Int64>] {
        let sorted = ranges.sorted { $0.lowerBound < $1.lowerBound }
        var joined: [Range<Int64>] = []
        for range in sorted {
            if let last = joined.last, last.upperBound > range.lowerBound {
                joined[joined.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                joined.append(range)
            }
        }
        return joined.count == ranges.count ? ranges : joined
    }
}
