import ArgumentParser

/// Options that are read without ArgumentParser when they are written plainly.
///
/// ArgumentParser asks the Swift runtime again and again whether a type conforms to a protocol, and each first answer takes
/// reading all conformances of the program: a third of a start. It declares the options and says what is wrong with a command
/// line; one in which nothing is wrong need not wait for it.
protocol PlainOptions: ParsableArguments {
    /// The options when none is given.
    ///
    /// ArgumentParser gives the properties values when it has read a command line, so each has to be given its own here.
    static var none: Self { get }

    /// Takes the option that was met last, with its value if it has one.
    ///
    /// Answers false when it is none of these, or its value is wrong.
    mutating func take(_ option: String, _ words: inout PlainWords) -> Bool
}

/// A command line of options, then a kind with options of its own.
protocol PlainCommand: PlainOptions {
    var kind: [String] { get set }
}

extension PlainCommand {
    /// Reads a command line in which options are written as `--name value`, `--name=value` or `-n value`, each flag by itself.
    ///
    /// Answers nil for any other, and for all that are wrong: ArgumentParser has the word then.
    static func plain(_ arguments: [String]) -> Self? {
        var words = PlainWords(arguments)
        // Words that ask for a text are none of these, and not having to make the options saves time.
        if let first = arguments.first, ["--help", "-h", "--version"].contains(first) { return nil }
        var result = none
        while let option = words.nextOption() {
            guard result.take(option, &words), words.isValueTaken else { return nil }
        }
        guard words.isKindNext, (try? result.validate()) != nil else { return nil }
        result.kind = Array(words.rest)
        return result
    }
}

/// Reads the words of a command line one after the other.
struct PlainWords {
    private(set) var rest: ArraySlice<String>
    /// What stands behind the `=` of an option.
    private var attached: String?

    init(_ words: [String]) { rest = words[...] }

    /// Whether nothing is left that was written behind a `=`.
    var isValueTaken: Bool { attached == nil }

    /// Whether the words that are left begin with one that can't be an option, if there are any.
    var isKindNext: Bool { rest.first.map { !$0.isEmpty && !$0.hasPrefix("-") } ?? true }

    /// The name of the option that is next, as it is written; nil: there is none.
    mutating func nextOption() -> String? {
        guard let word = rest.first, word.hasPrefix("-") else { return nil }
        guard word.hasPrefix("--"), let end = word.firstIndex(of: "=") else {
            rest.removeFirst()
            return word
        }
        rest.removeFirst()
        attached = String(word[word.index(after: end)...])
        return String(word[..<end])
    }

    /// The value of the option that was met last; nil: it has none that could not be something else.
    mutating func value() -> String? {
        if let value = attached {
            attached = nil
            return value.isEmpty ? nil : value
        }
        guard let word = rest.first, !word.isEmpty, word == "-" || !word.hasPrefix("-") else { return nil }
        rest.removeFirst()
        return word
    }

    /// Puts the value of the option that was met last into its place; answers whether it has one.
    mutating func take(_ place: inout String?) -> Bool {
        place = value()
        return place != nil
    }

    /// Adds the value of the option that was met last, which can be given again; answers whether it has one.
    mutating func append(to place: inout [String]) -> Bool {
        guard let value = value() else { return false }
        place.append(value)
        return true
    }

    /// The same for a value that is not text: nil, or an error, says that it is wrong.
    mutating func take<Value>(_ place: inout Value, _ convert: (String) throws -> Value?) -> Bool {
        guard let text = value(), let value = try? convert(text) else { return false }
        place = value
        return true
    }
}

/// Sets a flag, and answers that it was known.
func take(_ flag: inout Bool) -> Bool {
    flag = true
    return true
}
