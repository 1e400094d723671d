package import TapData
package import Taproom

/// Finds settings that look like secrets in plain text.
///
/// A setting looks like a secret when its key ends with such a word; it is in plain text when it is text and neither a
/// reference nor a hash.
package enum SecretLiterals {
    private static let words: Set<String> = [
        "password", "passphrase", "passwd", "secret", "token", "credential", "passwords", "passphrases", "secrets",
        "tokens",
        "credentials",
    ]
    /// Words before "key" that make it a secret one.
    private static let keyWords: Set<String> = ["api", "private", "secret", "access", "signing", "encryption"]

    /// What is wrong with such a setting, to be read after its path.
    package static let warning =
        "looks like a secret in plain text: it is stored in the tap, and shown by export, diff and history"

    /// The paths of such settings, in the canonical form.
    package static func paths(in settings: DatumObject) -> [[PathStep]] {
        settings.members.flatMap { paths(in: $0.value, at: [.key($0.key)], isSecret: isSecret($0.key)) }
    }

    /// The warnings for the services of an application, with the paths of the settings.
    package static func warnings(in application: Application) -> [String] {
        application.servicesByPath.flatMap { path, service in warnings(in: service, at: path) }
    }

    /// The warnings for one service, which others inside of it have nothing to do with.
    package static func warnings(in service: ServiceDefinition, at path: String) -> [String] {
        paths(in: service.settings).map { "\(path).\($0.text) \(warning)" }
    }

    /// Whether settings refer to a secret that is kept elsewhere.
    package static func hasReference(in settings: DatumObject) -> Bool {
        settings.members.contains { hasReference(in: $0.value) }
    }

    private static func hasReference(in value: Datum) -> Bool {
        switch value {
        case .string(let text): Secret(text) != nil
        case .array(let elements): elements.contains(where: hasReference)
        case .object(let object): hasReference(in: object)
        default: false
        }
    }

    private static func paths(in value: Datum, at path: [PathStep], isSecret: Bool) -> [[PathStep]] {
        switch value {
        case .string(let text):
            let isPlain = !text.isEmpty && Secret(text) == nil && !text.hasPrefix("$argon2id$")
            return isSecret && isPlain ? [path] : []
        case .array(let elements):
            return elements.enumerated().flatMap { index, element in
                paths(in: element, at: path + [.index(index)], isSecret: isSecret)
            }
        case .object(let object):
            // A group called "credentials" has a user, too; of "tokens" by name each is one.
            let isList =
                if case .key(let key)? = path.last { isSecret && key.lowercased() != "credentials" } else { false }
            return object.members.flatMap { member in
                paths(in: member.value, at: path + [.key(member.key)], isSecret: isList || Self.isSecret(member.key))
            }
        default: return []
        }
    }

    /// Whether a key is the name of a secret: `password`, `dbPassword`, `api-key`, `PRIVATE_KEY`.
    package static func isSecret(_ key: String) -> Bool {
        let words = words(of: key)
        guard let last = words.last else { return false }
        if last == "key" || last == "keys" { return words.dropLast().last.map(keyWords.contains) ?? false }
        return self.words.contains(last) || last == "apikey"
    }

    /// The words of a key in camel case, or with hyphens, dots and underscores between them.
    private static func words(of key: String) -> [String] {
        var words = [""]
        var wasLower = false
        for character in key {
            if "-_. ".contains(character) {
                words.append("")
            } else {
                if character.isUppercase, wasLower { words.append("") }
                words[words.count - 1] += character.lowercased()
            }
            wasLower = character.isLowercase || character.isNumber
        }
        return words.filter { !$0.isEmpty }
    }
}
