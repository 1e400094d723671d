package import TapData

extension Datum {
    /// A random tree, at most `depth` levels deep, of numbers that JSON can say.
    package static func random(_ random: inout SeededGenerator, depth: Int = 4, hasBytes: Bool = true) -> Datum {
        switch random.next(below: depth > 0 ? 8 : 6) {
        case 0: return .null
        case 1: return .bool(random.next(below: 2) == 0)
        case 2:
            return .integer(
                Int64(bitPattern: random.next() >> UInt64(random.next(below: 64)))
                    * (random.next(below: 2) == 0 ? 1 : -1))
        case 3: return .number(Double(Int64(bitPattern: random.next())) / 65536)
        case 4: return .string(text(&random))
        case 5: return hasBytes ? .bytes((0..<random.next(below: 30)).map { UInt8($0) }) : .null
        case 6:
            return .array(
                (0..<random.next(below: 5)).map { _ in Datum.random(&random, depth: depth - 1, hasBytes: hasBytes) })
        default:
            var object = DatumObject()
            for _ in 0..<random.next(below: 5) {
                object[text(&random)] = Datum.random(&random, depth: depth - 1, hasBytes: hasBytes)
            }
            return .object(object)
        }
    }

    private static func text(_ random: inout SeededGenerator) -> String {
        let alphabet = Array("ab \"\\\n\r\t\u{1}\u{7F}é€😀/".unicodeScalars)
        var text = String.UnicodeScalarView()
        for _ in 0..<random.next(below: 12) { text.append(alphabet[random.next(below: alphabet.count)]) }
        return String(text)
    }
}
