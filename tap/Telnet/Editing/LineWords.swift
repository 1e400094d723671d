/// The words of a line as a shell would take them: quotes and backslashes keep spaces in a word.
enum LineWords {
    /// A line whose quote has no end.
    struct OpenQuote: Error, Equatable {
        let quote: Character
    }

    /// Takes a line apart.
    ///
    /// In single quotes everything counts as it is; in double quotes a backslash keeps the character behind it.
    ///
    /// Throws ``OpenQuote``.
    static func split(_ line: String) throws(OpenQuote) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var isKept = false
        for character in line {
            if isKept {
                word = (word ?? "") + String(character)
                isKept = false
            } else if character == "\\", quote != "'" {
                (word, isKept) = (word ?? "", true)
            } else if character == quote {
                quote = nil
            } else if quote == nil, character == "'" || character == "\"" {
                (word, quote) = (word ?? "", character)
            } else if quote == nil, character == " " || character == "\t" {
                if let done = word { words.append(done) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        if let quote { throw OpenQuote(quote: quote) }
        return words + (word.map { [$0] } ?? [])
    }
}
