import TapConfig
import TapData
import Taproom

// The settings that a manifest declares.
extension ManifestReader {
    mutating func settings(_ node: Node?) -> ForeignSettings {
        guard let node, node.datum != .null else { return ForeignSettings([]) }
        guard let members = node.members else {
            report("settings must be a group of keys, but is \(node.datum.typeName)", node)
            return ForeignSettings([])
        }
        var declared: [DeclaredSetting] = []
        for member in members {
            let path = "settings.\(member.key)"
            if let problem = ManifestReader.problem(ofKey: member.key, among: declared.map(\.key)) {
                report("\(path) \(problem)", at: member.keyStart)
            }
            guard let words = group(DeclaredSetting.Words.self, member.value, path) else { continue }
            if let setting = setting(member.key, words, member.value, path) { declared.append(setting) }
        }
        return ForeignSettings(declared)
    }

    /// What is wrong with a key, to be read after its path; nil: nothing.
    private static func problem(ofKey key: String, among others: [String]) -> String? {
        let parts = key.split(separator: ".", omittingEmptySubsequences: false)
        let arePlain = parts.allSatisfy { part in
            part.first?.isLetter == true && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
        }
        guard arePlain else {
            return "must be letters and digits that begin with a letter, with dots for groups in groups"
        }
        if let first = parts.first, ServiceDefinition.reservedKeys.contains(String(first)) {
            return "belongs to every service: call it something else"
        }
        if let other = others.first(where: { $0.hasPrefix(key + ".") || key.hasPrefix($0 + ".") }) {
            return "can't be beside \(other): one of them is a group and a value at once"
        }
        return nil
    }

    private mutating func setting(
        _ key: String, _ words: DeclaredSetting.Words, _ node: Node, _ path: String
    ) -> DeclaredSetting? {
        if !words.meaning.hasSuffix(".") || words.meaning.contains("\n") {
            let place = node.member("meaning")?.value ?? node
            report("\(path).meaning must say in one sentence, with its full stop, what the setting is for", place)
        }
        if !words.words.isEmpty, words.type != .text {
            report("\(path).words has a place only in a setting of the type text", node.member("words")?.value ?? node)
        }
        let limits = limits(words, node, path)
        let note = SettingNote(
            meaning: words.meaning, words: words.words, examples: words.examples, limits: limits)
        let draft = DeclaredSetting(
            key: key, type: words.type, isList: words.list, usual: .null, isLive: words.live, note: note)
        guard let given = words.default, given != .null else { return draft }
        do throws(DataError) {
            let usual = try draft.canonical(given, PathFolder(nil))
            return DeclaredSetting(
                key: key, type: words.type, isList: words.list, usual: usual, isLive: words.live, note: note)
        } catch {
            report("\(path).default \(error.problem)", node.member("default")?.value ?? node)
            return nil
        }
    }

    private mutating func limits(
        _ words: DeclaredSetting.Words, _ node: Node, _ path: String
    ) -> SettingLimits? {
        func bound(_ key: String, _ datum: Datum?) -> Int64? {
            guard let datum else { return nil }
            let place = node.member(key)?.value ?? node
            guard words.type.isMeasured else {
                report("\(path).\(key) has a place only in a setting of the type integer, duration or size", place)
                return nil
            }
            guard let measure = words.type.measure(datum) else {
                report("\(path).\(key) must be a value of the type \(words.type.rawValue)", place)
                return nil
            }
            return measure
        }
        let (lower, upper) = (bound("from", words.from), bound("to", words.to))
        guard let lower else {
            if upper != nil {
                report("\(path).to needs from beside it, the least value", node.member("to")?.value ?? node)
            }
            return nil
        }
        if let upper, upper < lower {
            report("\(path).to must be the greatest value, and is less than from", node.member("to")?.value ?? node)
        }
        func text(_ datum: Datum?) -> String { datum.map { $0.string ?? JSONWriter.line($0) } ?? "" }
        let unit = words.unit.isEmpty ? "" : " " + words.unit
        let range =
            upper == nil ? "\(text(words.from)) or more" : "from \(text(words.from)) to \(text(words.to))\(unit)"
        return SettingLimits(lower: lower, upper: upper, text: range)
    }
}
