import Logging
import TapData

/// Keeps secrets out of logs: what has the name of a secret is written as `***`.
enum Secrets {
    private static let endings = [
        "password", "passphrase", "secret", "token", "authorization", "cookie", "credential",
    ]

    /// Metadata as it is written, sorted by name.
    static func fields(of metadata: Logger.Metadata) -> DatumObject {
        var fields = DatumObject()
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            fields[key] = isSecret(key) ? .string("***") : datum(of: value)
        }
        return fields
    }

    private static func isSecret(_ key: String) -> Bool {
        let key = key.lowercased()
        return endings.contains { key.hasSuffix($0) }
    }

    private static func datum(of value: Logger.MetadataValue) -> Datum {
        switch value {
        case .string(let text): .string(text)
        case .stringConvertible(let value): .string("\(value)")
        case .array(let values): .array(values.map(datum))
        case .dictionary(let values): .object(fields(of: values))
        }
    }
}
