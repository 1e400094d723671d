/// Texts that are a number with a unit, as settings write them.
enum MeasureText {
    /// Reads the text from where a number with a unit has to stand.
    ///
    /// A number alone is what people write first, and no text: the error offers it with a unit.
    ///
    /// - Parameters:
    ///   - decoder: where it stands.
    ///   - units: the units there are, to be read after "a number with".
    ///   - unit: the unit that is meant most likely.
    /// - Returns: the text, whatever it says.
    /// - Throws: `DecodingError` for all that is no text.
    static func read(from decoder: any Decoder, units: String, likely unit: String) throws -> String {
        let container = try decoder.singleValueContainer()
        guard let number = try? container.decode(Int64.self) else { return try container.decode(String.self) }
        throw DecodingError.dataCorrupted(
            .init(
                codingPath: decoder.codingPath,
                debugDescription:
                    "must be a number with \(units), but is \(number). Did you mean \"\(number)\(unit)\"?"))
    }
}
