/// A line and the cursor in it, as keys change them.
struct EditedLine: Equatable, Sendable {
    /// The longest line, in characters.
    static let maximumLength = 4096

    /// How long this one may be.
    let limit: Int
    /// What somebody sees as one character each.
    private(set) var characters: [Character] = []
    /// How many characters are in front of it.
    private(set) var cursor = 0

    /// An empty line, or a text with the cursor behind it.
    init(_ text: String = "", limit: Int = maximumLength) {
        self.limit = limit
        characters = Array(text)
        cursor = characters.count
    }

    var text: String { String(characters) }
    var isAtEnd: Bool { cursor == characters.count }

    /// Puts something in front of the cursor; false when the line is full.
    mutating func insert(_ scalar: Unicode.Scalar) -> Bool {
        guard characters.count < limit else { return false }
        if cursor > 0 {
            // An accent belongs to the letter before it.
            var joined = String(characters[cursor - 1])
            joined.unicodeScalars.append(scalar)
            // One letter can't have as many accents as there are.
            if joined.count == 1 {
                guard joined.unicodeScalars.count <= 16 else { return false }
                characters[cursor - 1] = Character(joined)
                return true
            }
        }
        characters.insert(Character(scalar), at: cursor)
        cursor += 1
        return true
    }

    /// Moves the cursor, or deletes; false when the key does nothing to a line.
    mutating func press(_ key: Key) -> Bool {
        let before = self
        switch key {
        case .backspace: if cursor > 0 { remove(cursor - 1..<cursor) }
        case .delete, .endOfInput: if !isAtEnd { remove(cursor..<cursor + 1) }
        case .left: cursor = max(cursor - 1, 0)
        case .right: cursor = min(cursor + 1, characters.count)
        case .home: cursor = 0
        case .end: cursor = characters.count
        case .wordLeft: cursor = wordStart
        case .wordRight: cursor = wordEnd
        case .deleteToStart: remove(0..<cursor)
        case .deleteToEnd: remove(cursor..<characters.count)
        case .deleteWord: remove(wordStart..<cursor)
        case .character, .enter, .tab, .up, .down, .clear, .interrupt: return false
        }
        return self != before
    }

    private mutating func remove(_ range: Range<Int>) {
        characters.removeSubrange(range)
        cursor = range.lowerBound
    }

    private var wordStart: Int {
        var place = cursor
        while place > 0, characters[place - 1] == " " { place -= 1 }
        while place > 0, characters[place - 1] != " " { place -= 1 }
        return place
    }

    private var wordEnd: Int {
        var place = cursor
        while place < characters.count, characters[place] == " " { place += 1 }
        while place < characters.count, characters[place] != " " { place += 1 }
        return place
    }
}
