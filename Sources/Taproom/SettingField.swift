public import ArgumentParser
public import TapData

/// What one key of settings means, and which of its values are allowed: said once, for options, schema, documentation
/// and checks alike.
///
/// The type of the value and its default are not said here: they are those of the settings.
public struct SettingField<Settings>: Sendable {
    /// The key, with dots for groups in groups: `limits.idle`.
    package let key: String
    /// What the key is for, as one sentence with its full stop.
    package let meaning: String
    /// The words that are allowed; empty when the type says it, or there is no such list.
    package let words: [String]
    /// Values as people write them.
    package let examples: [Datum]
    /// The range that is allowed.
    package let limits: SettingLimits?
    private let refusal: @Sendable (Settings) -> String?

    /// Says what a key means.
    ///
    /// - Parameters:
    ///   - key: the key, with dots for groups in groups.
    ///   - meaning: what it is for, as one sentence with its full stop.
    ///   - words: the words that are allowed, when the type of the value doesn't say so.
    ///   - examples: values, as they are stored.
    public init(_ key: String, _ meaning: String, words: [String] = [], examples: [any Encodable & Sendable] = []) {
        (self.key, self.meaning, self.words, limits) = (key, meaning, words, nil)
        self.examples = examples.compactMap { try? DatumEncoder().encode($0) }
        refusal = { _ in nil }
    }

    /// Says what a key means whose values have a least and a greatest one.
    ///
    /// - Parameters:
    ///   - key: the key, with dots for groups in groups.
    ///   - meaning: what it is for, as one sentence with its full stop.
    ///   - value: its value in settings; nil: there is none, which is always allowed.
    ///   - range: the values that are allowed.
    ///   - unit: what is counted, in the plural: `bytes`; empty when the values say it themselves.
    ///   - examples: values, as they are stored.
    public init<Value: SettingMeasure>(
        _ key: String, _ meaning: String, _ value: @escaping @Sendable (Settings) -> Value?,
        in range: ClosedRange<Value>, unit: String = "", examples: [Value] = []
    ) {
        let limits = SettingLimits(
            lower: range.lowerBound.measure, upper: range.upperBound.measure,
            text: "from \(range.lowerBound) to \(range.upperBound)" + (unit.isEmpty ? "" : " \(unit)"))
        self.init(key, meaning, limits, value, examples)
    }

    /// Says what a key means whose values have a least one.
    ///
    /// - Parameters:
    ///   - key: the key, with dots for groups in groups.
    ///   - meaning: what it is for, as one sentence with its full stop.
    ///   - value: its value in settings; nil: there is none, which is always allowed.
    ///   - range: the values that are allowed.
    ///   - examples: values, as they are stored.
    public init<Value: SettingMeasure>(
        _ key: String, _ meaning: String, _ value: @escaping @Sendable (Settings) -> Value?,
        in range: PartialRangeFrom<Value>, examples: [Value] = []
    ) {
        let limits = SettingLimits(lower: range.lowerBound.measure, upper: nil, text: "\(range.lowerBound) or more")
        self.init(key, meaning, limits, value, examples)
    }

    private init<Value: SettingMeasure>(
        _ key: String, _ meaning: String, _ limits: SettingLimits,
        _ value: @escaping @Sendable (Settings) -> Value?, _ examples: [Value]
    ) {
        (self.key, self.meaning, self.limits, words) = (key, meaning, limits, [])
        self.examples = examples.compactMap { try? DatumEncoder().encode($0) }
        refusal = { settings in
            guard let value = value(settings), !limits.contains(value.measure) else { return nil }
            return "must be \(limits.text), but is \(value)"
        }
    }

    /// What is wrong with the key's value, or nil.
    package func problem(in settings: Settings) -> SettingProblem? {
        refusal(settings).map { SettingProblem(key, $0) }
    }

    /// The meaning and what is allowed, as help, schema and documentation show it.
    package var sentences: String { SettingSentences.text(meaning, words, limits) }
}

/// What is said of a setting.
package enum SettingSentences {
    /// The meaning of a setting and what is allowed.
    package static func text(_ meaning: String, _ words: [String], _ limits: SettingLimits?) -> String {
        var text = meaning
        if !words.isEmpty { text += " One of \(words.joined(separator: ", "))." }
        if let limits { text += " " + limits.text.prefix(1).uppercased() + limits.text.dropFirst() + "." }
        return text
    }
}

/// The least and the greatest value of a setting, in its smallest unit.
package struct SettingLimits: Sendable {
    package let lower: Int64
    /// Nil: there is none.
    package let upper: Int64?
    /// The same in words: "from 10ms to 1d".
    package let text: String

    package init(lower: Int64, upper: Int64?, text: String) {
        (self.lower, self.upper, self.text) = (lower, upper, text)
    }

    package func contains(_ value: Int64) -> Bool { value >= lower && upper.map { value <= $0 } ?? true }
}

/// A value of settings that is a number, or is counted like one.
public protocol SettingMeasure: Codable, Comparable, Sendable, CustomStringConvertible {
    /// The number, in the smallest unit of the type.
    var measure: Int64 { get }
}

extension SettingMeasure where Self: BinaryInteger {
    /// The number itself; the nearest one of 64 bits for one that is beyond.
    public var measure: Int64 { Int64(clamping: self) }
}

extension Int: SettingMeasure {}
extension Int32: SettingMeasure {}
extension Int64: SettingMeasure {}
extension UInt16: SettingMeasure {}
extension UInt32: SettingMeasure {}

extension TimeSpan: SettingMeasure {
    /// The length in milliseconds.
    public var measure: Int64 { milliseconds }

    /// Whether a length is shorter than another.
    public static func < (left: TimeSpan, right: TimeSpan) -> Bool { left.milliseconds < right.milliseconds }
}

extension ByteCount: SettingMeasure {
    /// The number of bytes.
    public var measure: Int64 { bytes }

    /// Whether a number is less than another.
    public static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }
}

/// Settings that say what their keys mean.
public protocol DocumentedSettings: Defaulted {
    /// What the keys mean; those of groups in groups too, with dots in their names. The default is nothing.
    static var fields: [SettingField<Self>] { get }
}

extension DocumentedSettings {
    /// Nothing is said.
    public static var fields: [SettingField<Self>] { [] }

    /// The values that are out of the ranges that ``fields`` declares.
    package var rangeProblems: [SettingProblem] { Self.fields.compactMap { $0.problem(in: self) } }

    /// The help of an option that sets a key: what ``fields`` says of it.
    ///
    ///     @Flag(help: WebSettings.help("listing"))
    ///     var listing = false
    ///
    /// - Parameters:
    ///   - key: the key, with dots for groups in groups.
    ///   - valueName: what the value is called in the help.
    ///   - more: what is to be said of the option only, as a sentence.
    /// - Returns: the help; empty when nothing is said of the key.
    public static func help(_ key: String, valueName: String? = nil, more: String = "") -> ArgumentHelp {
        let sentences = [fields.first { $0.key == key }?.sentences ?? "", more]
        let text = sentences.filter { !$0.isEmpty }.joined(separator: " ")
        return ArgumentHelp(text, valueName: valueName)
    }
}
