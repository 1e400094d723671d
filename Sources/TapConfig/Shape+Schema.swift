import TapData
import Taproom

extension Shape {
    /// The value without what is around it.
    package var innermost: Shape {
        switch self {
        case .list(let inner), .oneOrMore(let inner), .optional(let inner): inner.innermost
        default: self
        }
    }

    /// How the value is written, when that is not plain.
    package var sentence: String? {
        guard case .form(let form) = innermost else { return nil }
        return "\(form.noun.prefix(1).uppercased())\(form.noun.dropFirst()): \(form.writing)."
    }

    /// What the value is, in a few words.
    func noun(_ words: [String] = []) -> String {
        switch self {
        case .anything: "anything"
        case .bool: "true or false"
        case .text where !words.isEmpty: words.joined(separator: ", ")
        case .text: "text"
        case .number: "a number"
        case .bytes: "base64"
        case .integer: "a whole number"
        case .words(let words): words.joined(separator: ", ")
        case .form(let form): form.noun
        case .list(let inner): "a list: \(inner.noun(words))"
        case .oneOrMore(let inner): "\(inner.noun(words)), or a list"
        case .map(let inner): "keys of your own, each with \(inner.noun(words))"
        case .optional(let inner): "\(inner.noun(words)), or nothing"
        case .group: "a group"
        }
    }

    /// The schema of the value within limits, and with the words that are allowed unless the type says them.
    func schema(_ limits: SettingLimits?, _ words: [String] = []) -> DatumObject {
        switch self {
        case .anything: return [:]
        case .bool: return ["type": .string("boolean")]
        case .text: return words.isEmpty ? ["type": .string("string")] : Shape.words(words).schema(nil)
        case .number: return ["type": .string("number")]
        case .bytes: return ["type": .string("string"), "contentEncoding": .string("base64")]
        case .integer(let range): return Shape.integer(range, limits)
        case .words(let words):
            return ["type": .string("string"), "enum": .array(words.map(Datum.string))]
        case .form(let form): return Shape.form(form, limits)
        case .list(let inner): return ["type": .string("array"), "items": .object(inner.schema(limits, words))]
        case .oneOrMore(let inner):
            let list = Shape.list(inner).schema(limits, words)
            return ["anyOf": .array([.object(inner.schema(limits, words)), .object(list)])]
        case .map(let inner):
            return ["type": .string("object"), "additionalProperties": .object(inner.schema(limits, words))]
        case .optional(let inner):
            return ["anyOf": .array([.object(inner.schema(limits, words)), .object(["type": .string("null")])])]
        case .group(let members):
            var properties = DatumObject()
            for member in members { properties[member.key] = .object(member.property(usual: nil)) }
            return ["type": .string("object"), "properties": .object(properties), "additionalProperties": .bool(false)]
        }
    }

    private static func integer(_ range: ClosedRange<Int64>?, _ limits: SettingLimits?) -> DatumObject {
        var schema: DatumObject = ["type": .string("integer")]
        schema["minimum"] = [limits?.lower, range?.lowerBound].compactMap { $0 }.max().map(Datum.integer)
        schema["maximum"] = [limits?.upper, range?.upperBound].compactMap { $0 }.min().map(Datum.integer)
        return schema
    }

    private static func form(_ form: SettingForm, _ limits: SettingLimits?) -> DatumObject {
        var schema: DatumObject = ["type": .string("string")]
        switch form.texts {
        case .pattern(let pattern): schema["pattern"] = .string(pattern)
        case .measure(let units, let range):
            let lower = max(range.lowerBound, limits?.lower ?? range.lowerBound)
            let upper = min(range.upperBound, limits?.upper ?? range.upperBound)
            let texts = units.compactMap { unit -> String? in
                let (least, greatest) = ((lower + unit.size - 1) / unit.size, upper / unit.size)
                return least <= greatest ? NumberPattern.text(of: least...greatest) + unit.word : nil
            }
            schema["pattern"] = .string("^(" + texts.joined(separator: "|") + ")$")
        }
        // Editors show this in place of the pattern (yaml-language-server, vscode-json-languageservice).
        schema["patternErrorMessage"] = .string("must be \(limits?.text ?? form.writing)")
        return schema
    }
}

extension Shape.Member {
    /// The schema of the key with what is said of it, and with its default; nil: it has none of its own.
    func property(usual: Datum?) -> DatumObject {
        var property = DatumObject()
        let sentences = [note?.sentences, shape.sentence].compactMap { $0 }
        if !sentences.isEmpty { property["description"] = .string(sentences.joined(separator: " ")) }
        if case .group(let members) = shape {
            var properties = DatumObject()
            for member in members {
                properties[member.key] = .object(member.property(usual: usual.map { $0.object?[member.key] ?? .null }))
            }
            property["type"] = .string("object")
            property["properties"] = .object(properties)
            property["additionalProperties"] = .bool(false)
        } else {
            for (word, value) in shape.schema(note?.limits, note?.words ?? []).members { property[word] = value }
        }
        property["default"] = usual
        let examples = note?.examples ?? []
        if !examples.isEmpty {
            property["examples"] = .array(examples)
        } else if case .form(let form) = shape.innermost {
            property["examples"] = .array(form.examples.map(Datum.string))
        }
        return property
    }
}
