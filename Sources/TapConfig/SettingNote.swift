package import TapData
package import Taproom

/// What is said of a key, whatever the type of the settings.
package struct SettingNote: Sendable {
    /// The meaning and what is allowed.
    package var sentences: String
    package var words: [String]
    package var examples: [Datum]
    package var limits: SettingLimits?

    /// What a declaration says that is no Swift type.
    package init(meaning: String, words: [String], examples: [Datum], limits: SettingLimits?) {
        sentences = SettingSentences.text(meaning, words, limits)
        (self.words, self.examples, self.limits) = (words, examples, limits)
    }

    init<Settings>(_ field: SettingField<Settings>) {
        (sentences, words) = (field.sentences, field.words)
        (examples, limits) = (field.examples, field.limits)
    }

    /// What a type says of its keys, those of groups with dots in their names.
    static func all(_ type: any DocumentedSettings.Type) -> [String: SettingNote] {
        func notes<Settings: DocumentedSettings>(_ type: Settings.Type) -> [String: SettingNote] {
            Dictionary(type.fields.map { ($0.key, SettingNote($0)) }) { first, _ in first }
        }
        return notes(type)
    }
}
