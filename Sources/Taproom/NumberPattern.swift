/// Regular expressions for the decimal digits of numbers in a range, with any number of zeros before them.
package enum NumberPattern {
    /// The modes of files from 0 to 777, in octal digits.
    package static let octalMode = "0*[0-7]{1,3}"

    /// The digits of the numbers from 0 in a range.
    package static func text(of range: ClosedRange<Int64>) -> String {
        let (lower, upper) = (String(max(range.lowerBound, 0)), String(max(range.upperBound, 0)))
        let alternatives = (lower.utf8.count...upper.utf8.count).flatMap { length in
            let least = length == lower.utf8.count ? lower : "1" + String(repeating: "0", count: length - 1)
            let greatest = length == upper.utf8.count ? upper : String(repeating: "9", count: length)
            return texts(from: digits(least), to: digits(greatest))
        }
        return "0*(" + alternatives.joined(separator: "|") + ")"
    }

    private static func digits(_ text: String) -> ArraySlice<Int> { text.utf8.map { Int($0) - 48 }[...] }

    /// Expressions for the numbers between two that have equally many digits.
    private static func texts(from lower: ArraySlice<Int>, to upper: ArraySlice<Int>) -> [String] {
        guard let first = lower.first, let last = upper.first else { return [""] }
        let (lowerRest, upperRest) = (lower.dropFirst(), upper.dropFirst())
        if lowerRest.allSatisfy({ $0 == 0 }), upperRest.allSatisfy({ $0 == 9 }) {
            return [digit(first...last) + any(lowerRest.count)]
        }
        if first == last { return texts(from: lowerRest, to: upperRest).map { "\(first)" + $0 } }
        let below = texts(from: lowerRest, to: lowerRest.map { _ in 9 }[...]).map { "\(first)" + $0 }
        let above = texts(from: upperRest.map { _ in 0 }[...], to: upperRest).map { "\(last)" + $0 }
        let between = first + 1 < last ? [digit(first + 1...last - 1) + any(lowerRest.count)] : []
        return below + between + above
    }

    private static func digit(_ range: ClosedRange<Int>) -> String {
        range.count == 1 ? "\(range.lowerBound)" : "[\(range.lowerBound)-\(range.upperBound)]"
    }

    private static func any(_ count: Int) -> String {
        switch count {
        case 0: ""
        case 1: "[0-9]"
        default: "[0-9]{\(count)}"
        }
    }
}
