/// Reads settings that are one of the words of an enumeration.
package enum SettingWord {
    /// Reads one of the words.
    ///
    /// Throws an error that says which there are.
    package static func read<Word: RawRepresentable<String> & CaseIterable>(
        _ type: Word.Type, from decoder: any Decoder
    ) throws -> Word {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let word = Word(rawValue: text) else {
            let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "must be one of \(words), but is \"\(text)\""))
        }
        return word
    }
}
