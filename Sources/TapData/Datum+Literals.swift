extension Datum: ExpressibleByStringLiteral {
    package init(stringLiteral text: String) { self = .string(text) }
}

extension Datum: ExpressibleByArrayLiteral {
    package init(arrayLiteral elements: Datum...) { self = .array(elements) }

    /// A list of texts.
    package static func array(of texts: [String]) -> Datum { .array(texts.map(Datum.string)) }
}
