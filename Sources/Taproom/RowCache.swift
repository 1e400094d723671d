/// The rows that were used last, a bounded number of them; that a row is missing is known too.
struct RowCache<Key: Hashable, Value> {
    private struct Entry {
        var key: Key
        var value: Value?
        /// Whether it was used since the hand came by last.
        var isUsed: Bool
    }

    private let capacity: Int
    private var entries: [Entry] = []
    private var places: [Key: Int] = [:]
    /// Where the next entry that was not used is looked for (the clock algorithm).
    private var hand = 0

    init(capacity: Int) { self.capacity = capacity }

    /// The row, or nil when nothing is known about it; `.some(nil)`: there is none.
    mutating func value(for key: Key) -> Value?? {
        guard let place = places[key] else { return nil }
        entries[place].isUsed = true
        return .some(entries[place].value)
    }

    mutating func set(_ value: Value?, for key: Key) {
        if let place = places[key] {
            entries[place].value = value
            entries[place].isUsed = true
        } else if entries.count < capacity {
            places[key] = entries.count
            entries.append(Entry(key: key, value: value, isUsed: false))
        } else {
            while entries[hand].isUsed {
                entries[hand].isUsed = false
                hand = (hand + 1) % capacity
            }
            places[entries[hand].key] = nil
            places[key] = hand
            entries[hand] = Entry(key: key, value: value, isUsed: false)
            hand = (hand + 1) % capacity
        }
    }
}
