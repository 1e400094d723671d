/// The sequence as it must be given out, for comparing what clients were given.
struct FibonacciNumbers {
    /// The places of the numbers in the sequence, which begins 0, 1, 1; that of 1 is its second.
    private var places: [String: Int] = ["0": 0, "1": 2]
    /// The next number and the one after it, as groups of nine digits, the last group first.
    private var pair: ([UInt32], [UInt32]) = ([2], [3])
    private var count = 3

    /// Where a number stands in the sequence, looked for not far beyond a place; nil: nowhere.
    mutating func place(of number: String, before limit: Int) -> Int? {
        while places[number] == nil, count < limit {
            places[FibonacciNumbers.text(pair.0)] = count
            count += 1
            pair = (pair.1, FibonacciNumbers.sum(pair.0, pair.1))
        }
        return places[number]
    }

    private static func sum(_ small: [UInt32], _ large: [UInt32]) -> [UInt32] {
        var carry: UInt32 = 0
        var sum = large.indices.map { index in
            let group = large[index] + (index < small.count ? small[index] : 0) + carry
            carry = group / 1_000_000_000
            return group % 1_000_000_000
        }
        if carry > 0 { sum.append(carry) }
        return sum
    }

    private static func text(_ groups: [UInt32]) -> String {
        let texts = groups.reversed().map { String($0) }
        return texts.dropFirst().reduce(texts.first ?? "") { text, group in
            text + String(repeating: "0", count: 9 - group.count) + group
        }
    }
}
