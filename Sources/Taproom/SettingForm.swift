/// A type of values in settings that are written as text in a form of their own.
public protocol SettingValue: Codable {
    /// The form of the text.
    static var form: SettingForm { get }
}

/// How a value is written as text, for the schema of settings.
public struct SettingForm: Sendable {
    package enum Texts: Sendable {
        /// What a regular expression (ECMA-262, with the flag `u`) matches as a whole.
        case pattern(String)
        /// A number with a unit, in the smallest unit within the range.
        case measure(units: [(word: String, size: Int64)], range: ClosedRange<Int64>)
    }

    /// What it is, in a few words: "a length of time".
    package let noun: String
    /// How it is written, to be read after a colon: "500ms, 10s, 5m".
    package let writing: String
    package let texts: Texts
    /// Numbers that stand for themselves, without being written as text; nil: none do.
    package let numbers: ClosedRange<Int64>?
    package let examples: [String]

    /// A form that a regular expression describes.
    ///
    /// - Parameters:
    ///   - noun: what it is, in a few words: "a length of time".
    ///   - writing: how it is written, to be read after a colon.
    ///   - pattern: what matches the whole text (ECMA-262, with the flag `u`), and nothing that the type refuses, if possible.
    ///   - numbers: whole numbers that the type takes as well; nil: none.
    ///   - examples: texts, at least one.
    public init(
        _ noun: String, writing: String, pattern: String, numbers: ClosedRange<Int64>? = nil, examples: [String]
    ) {
        self.init(noun, writing: writing, .pattern(pattern), numbers: numbers, examples: examples)
    }

    package init(
        _ noun: String, writing: String, _ texts: Texts, numbers: ClosedRange<Int64>? = nil, examples: [String]
    ) {
        (self.noun, self.writing, self.texts) = (noun, writing, texts)
        (self.numbers, self.examples) = (numbers, examples)
    }
}

extension TimeSpan: SettingValue {
    /// A number with a unit.
    public static var form: SettingForm {
        SettingForm(
            "a length of time", writing: "a number with ms, s, m, h or d",
            .measure(units: units.map { ($0.word, $0.milliseconds) }, range: 0...longest),
            examples: ["500ms", "10s", "5m"])
    }
}

extension ByteCount: SettingValue {
    /// A number with a unit.
    public static var form: SettingForm {
        SettingForm(
            "a number of bytes", writing: "a number with B, kB, MB, GB, KiB, MiB or GiB",
            .measure(units: units.map { ($0.word, $0.bytes) }, range: 0...Int64.max),
            examples: ["512B", "64KiB", "1GB"])
    }
}

extension LocalPath: SettingValue {
    /// Any text that is not empty.
    public static var form: SettingForm {
        SettingForm(
            "a path", writing: "relative to the folder of the description, or absolute", pattern: "^[^\\u0000]+$",
            examples: ["/srv/www", "www"])
    }
}

extension Endpoint: SettingValue {
    /// A way to listen, and where.
    public static var form: SettingForm {
        let value = "(\\[[^\\[\\]]+\\]|[^:\\[\\]]+)"
        let path = "(\\[/[^\\[\\]\\u0000]{1,106}\\]|/[^:\\[\\]\\u0000]{0,106})"
        let ways = [
            "tcp:\(NumberPattern.text(of: 0...65535))(:interface=\(value))?",
            "udp:\(NumberPattern.text(of: 0...65535))(:interface=\(value))?",
            "tls:\(NumberPattern.text(of: 0...65535))(:(interface|certificate|key)=\(value)){0,3}",
            "unix:\(path)(:mode=\(NumberPattern.octalMode))?", "systemd:[ -9;-~]{1,255}",
        ]
        return SettingForm(
            "an endpoint",
            writing:
                "tcp:PORT, tcp:PORT:interface=ADDRESS, tls:PORT:certificate=FILE:key=FILE, udp:PORT, unix:PATH, or systemd:NAME for a socket of systemd's",
            pattern: "^(" + ways.joined(separator: "|") + ")$",
            examples: [
                "tcp:8080", "tcp:8080:interface=127.0.0.1", "tls:443", "unix:/run/site.sock:mode=660",
                "systemd:web",
            ])
    }
}
