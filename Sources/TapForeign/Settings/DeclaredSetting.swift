import TapConfig
import TapData
import Taproom

/// A setting of a foreign kind as its manifest declares it.
struct DeclaredSetting: Sendable {
    /// What the manifest says of it.
    struct Words: Defaulted {
        var type = SettingType.text
        var meaning = ""
        var `default`: Datum?
        var list = false
        var words: [String] = []
        var from: Datum?
        var to: Datum?
        var unit = ""
        var examples: [Datum] = []
        var live = false
    }

    /// With dots for groups in groups.
    let key: String
    let type: SettingType
    let isList: Bool
    /// As it is stored; nothing: it may be absent.
    let usual: Datum
    /// Whether a service that runs takes another value.
    let isLive: Bool
    let note: SettingNote

    var path: [PathStep] { key.split(separator: ".").map { .key(String($0)) } }

    /// What can stand for its value.
    var shape: Shape {
        let shape = type.shape(isList: isList)
        return usual == .null ? .optional(shape) : shape
    }

    /// A value as it is stored.
    ///
    /// Throws what is wrong with it, with its path.
    func canonical(_ datum: Datum, _ folder: PathFolder) throws(DataError) -> Datum {
        if datum == .null, usual == .null { return .null }
        do throws(DataError) {
            let canonical = try type.canonical(datum, isList: isList, folder.below(path))
            for (index, value) in DeclaredSetting.elements(canonical).enumerated() {
                guard let problem = problem(of: value) else { continue }
                throw DataError(path: isList && datum != value ? [.index(index)] : [], problem: problem)
            }
            return canonical
        } catch {
            throw DataError(path: path + error.path, problem: error.problem)
        }
    }

    private func problem(of value: Datum) -> String? {
        if !note.words.isEmpty, let word = value.string, !note.words.contains(word) {
            return "must be one of \(note.words.joined(separator: ", ")), but is \"\(word)\""
        }
        if let limits = note.limits, let measure = type.measure(value), !limits.contains(measure) {
            return "must be \(limits.text), but is \(value.string ?? JSONWriter.line(value))"
        }
        if type == .endpoint, case .string(let text) = value, text.hasPrefix("tls:") {
            return "is \"\(text)\", and programs of this kind are given sockets without TLS"
        }
        return nil
    }

    /// The values of a list that may be written as a single one.
    static func elements(_ datum: Datum) -> [Datum] {
        if case .array(let elements) = datum { elements } else { datum == .null ? [] : [datum] }
    }
}
