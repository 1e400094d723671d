public import TapData

/// A list that is written as a single value when it has one: `listen: tcp:80` or `listen: [tcp:80, tcp:81]`.
public struct OneOrMore<Element: Codable & Equatable & Sendable>: Codable, Equatable, Sendable {
    /// The values, in order.
    ///
    /// An empty list is written as a list.
    public var elements: [Element]

    /// A list of any length.
    public init(_ elements: [Element]) { self.elements = elements }

    /// Reads a list or a single value.
    public init(from decoder: any Decoder) throws {
        if (try? decoder.unkeyedContainer()) != nil {
            elements = try [Element](from: decoder)
        } else {
            elements = [try Element(from: decoder)]
        }
    }

    /// Writes a single value as it is, anything else as a list.
    public func encode(to encoder: any Encoder) throws {
        if elements.count == 1 { try elements[0].encode(to: encoder) } else { try elements.encode(to: encoder) }
    }
}

extension OneOrMore: ExpressibleByArrayLiteral {
    /// A list of any length.
    public init(arrayLiteral elements: Element...) { self.elements = elements }
}

extension OneOrMore: AlwaysStored where Element: AlwaysStored {}
