extension RawRepresentable where Self: CaseIterable, RawValue == String {
    /// Reads one of the words, or fails with a sentence that lists them.
    package static func word(from decoder: any Decoder) throws -> Self {
        let word = try decoder.singleValueContainer().decode(String.self)
        guard let value = Self(rawValue: word) else {
            let words = allCases.map(\.rawValue).joined(separator: ", ")
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "must be one of \(words), but is \"\(word)\""))
        }
        return value
    }
}
