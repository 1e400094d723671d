import TapData

/// Settings as they were before, for values that are not stored as they are written: a password that was hashed keeps its
/// hash when it is read again.
package enum FormerSettings {
    static let key = CodingUserInfoKey(rawValue: "taproom.former")

    /// The text that stood where a decoder reads now; nil: there was none, or nothing is known of it.
    package static func text(for decoder: any Decoder) -> String? {
        guard let former = key.flatMap({ decoder.userInfo[$0] as? DatumObject }) else { return nil }
        let value = decoder.codingPath.reduce(Datum.object(former)) { value, step -> Datum? in
            switch (value, step.intValue) {
            case (.array(let elements)?, let index?): elements.indices.contains(index) ? elements[index] : nil
            case (.object(let object)?, nil): object[step.stringValue]
            // A single value in place of a list of one.
            case (.string?, 0?): value
            default: nil
            }
        }
        return value?.string
    }
}
