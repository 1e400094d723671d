package import Taproom

/// What can stand for a value of a type in a description.
package indirect enum Shape: Sendable {
    /// Nothing is known of it.
    case anything
    case bool
    case text
    case number
    /// Base64.
    case bytes
    /// A whole number; nil: of 64 bits.
    case integer(ClosedRange<Int64>?)
    case words([String])
    case form(SettingForm)
    case list(Shape)
    /// A list, or a single value in its place.
    case oneOrMore(Shape)
    /// Keys of one's own choice.
    case map(Shape)
    /// A value, or nothing.
    case optional(Shape)
    /// Keys that are known, in the order of the type.
    case group([Member])

    package struct Member: Sendable {
        package var key: String
        package var shape: Shape
        /// What the type of the group says of the key.
        package var note: SettingNote?

        package init(key: String, shape: Shape, note: SettingNote?) {
            (self.key, self.shape, self.note) = (key, shape, note)
        }
    }
}
