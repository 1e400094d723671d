/// Reads the text-based exposition format strictly, apart from the code that writes it.
///
/// https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details
struct ExpositionParser {
    struct Problem: Error, CustomStringConvertible {
        let line: String
        let what: String
        var description: String { "\(what): \(line)" }
    }

    struct Sample: Equatable {
        var name: String
        var labels: [String: String]
        var value: Double
    }

    private(set) var types: [String: String] = [:]
    private(set) var help: [String: String] = [:]
    private(set) var samples: [Sample] = []
    private var family: String?
    private var closed: Set<String> = []
    private var seen: Set<String> = []

    init(_ text: String) throws {
        guard text.isEmpty || text.hasSuffix("\n") else { throw Problem(line: "", what: "the last line has no end") }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            try read(String(line))
        }
    }

    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        samples.first { $0.name == name && $0.labels == labels }?.value
    }

    private mutating func read(_ line: String) throws {
        if line.hasPrefix("# ") {
            let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
            guard words.count == 4 else { throw Problem(line: line, what: "too short") }
            try enter(words[2], line)
            switch words[1] {
            case "HELP" where help[words[2]] == nil && types[words[2]] == nil: help[words[2]] = words[3]
            case "TYPE" where types[words[2]] == nil && ["counter", "gauge", "histogram"].contains(words[3]):
                types[words[2]] = words[3]
            default: throw Problem(line: line, what: "not expected here")
            }
            return
        }
        let sample = try self.sample(line)
        guard let family, sample.name.hasPrefix(family), let type = types[family],
            (type == "histogram" ? ["_bucket", "_sum", "_count"] : [""]).contains(sample.name.dropFirst(family.count))
        else { throw Problem(line: line, what: "a sample outside of its family") }
        guard seen.insert("\(sample.name) \(sample.labels.sorted { $0 < $1 })").inserted else {
            throw Problem(line: line, what: "twice")
        }
        samples.append(sample)
    }

    private mutating func enter(_ name: String, _ line: String) throws {
        guard ExpositionParser.isName(name, colons: true) else { throw Problem(line: line, what: "no name") }
        guard name != family else { return }
        if let family { closed.insert(family) }
        guard !closed.contains(name) else { throw Problem(line: line, what: "a family in two pieces") }
        family = name
    }

    private func sample(_ line: String) throws -> Sample {
        var rest = line[...]
        let name = String(rest.prefix { $0 != "{" && $0 != " " })
        rest = rest.dropFirst(name.count)
        var labels: [String: String] = [:]
        if rest.first == "{" {
            rest.removeFirst()
            while rest.first != "}" {
                let key = String(rest.prefix { $0 != "=" })
                rest = rest.dropFirst(key.count)
                guard rest.hasPrefix("=\""), ExpositionParser.isName(key, colons: false), labels[key] == nil else {
                    throw Problem(line: line, what: "no label")
                }
                rest = rest.dropFirst(2)
                labels[key] = try ExpositionParser.quoted(&rest, line)
                if rest.first == "," { rest.removeFirst() }
            }
            rest.removeFirst()
        }
        guard ExpositionParser.isName(name, colons: true), rest.first == " ", let value = Double(rest.dropFirst())
        else {
            throw Problem(line: line, what: "no sample")
        }
        return Sample(name: name, labels: labels, value: value)
    }

    private static func quoted(_ rest: inout Substring, _ line: String) throws -> String {
        var value = ""
        while let character = rest.popFirst(), character != "\"" {
            guard character == "\\" else {
                value.append(character)
                continue
            }
            switch rest.popFirst() {
            case "n": value.append("\n")
            case "\\": value.append("\\")
            case "\"": value.append("\"")
            default: throw Problem(line: line, what: "an unknown escape")
            }
        }
        return value
    }

    private static func isName(_ text: String, colons: Bool) -> Bool {
        guard let first = text.first, !first.isNumber else { return false }
        return text.allSatisfy { ($0.isASCII && ($0.isLetter || $0.isNumber)) || $0 == "_" || colons && $0 == ":" }
    }
}
