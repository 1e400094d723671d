/// One of a few words in a manifest.
protocol DeclaredWord: RawRepresentable<String>, CaseIterable, Codable, Sendable {}

extension DeclaredWord {
    /// Reads one of the words, and says which there are when it is none.
    init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let word = Self(rawValue: text) else {
            let words = Self.allCases.map(\.rawValue).joined(separator: ", ")
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "must be one of \(words), but is \"\(text)\""))
        }
        self = word
    }
}
