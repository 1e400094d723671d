package import TapData

/// How data that older programs stored becomes what this one understands: a chain of types, each with the step to the next.
///
///     static let settingsMigration = Migration(from: SettingsV1.self)
///         .to(SettingsV2.self) { old in SettingsV2(listen: old.port.map { .tcp(port: $0) }) }
///         .to(Settings.self) { old in Settings(listen: old.listen, greeting: old.text) }
///
/// The version is the number of types in the chain, so no step can be missing and none can be numbered wrong. A step is a
/// pure function: it touches no files, no sockets and no clock. Old types stay in the program as long as their data is to
/// be read; a chain may begin later with `version:`, and older data is then refused and left as it is.
public struct Migration<Value: Codable & Sendable>: Sendable {
    /// The version of `Value`.
    public let version: Int
    /// The oldest version that can be read.
    public let oldest: Int
    private let older: @Sendable (Int, Datum, MigrationSource) throws -> Value

    /// A chain that begins, and so far ends, with a type.
    ///
    /// - Parameters:
    ///   - first: the type.
    ///   - version: its version, from 1.
    public init(from first: Value.Type = Value.self, version: Int = 1) {
        self.init(version: version, oldest: version) { stored, _, _ in
            throw VersionProblem(stored: stored, oldest: version, known: version)
        }
    }

    private init(version: Int, oldest: Int, older: @escaping @Sendable (Int, Datum, MigrationSource) throws -> Value) {
        self.version = version
        self.oldest = oldest
        self.older = older
    }

    /// The chain with one type more.
    ///
    /// `step` makes the new form of an old value, or throws when there is none; nothing is changed then.
    public func to<Next>(
        _ next: Next.Type = Next.self, _ step: @escaping @Sendable (Value) throws -> Next
    ) -> Migration<Next> {
        Migration<Next>(version: version + 1, oldest: oldest) { stored, datum, source in
            try step(value(of: stored, in: datum, from: source))
        }
    }

    /// Reads data of a version, and takes it through the steps it needs.
    ///
    /// Throws ``VersionProblem`` when there is no way from it, `DataError` when it is not what that version stores, and what a
    /// step throws.
    package func value(of stored: Int, in datum: Datum, from source: MigrationSource = .store) throws -> Value {
        guard (oldest...version).contains(stored) else {
            throw VersionProblem(stored: stored, oldest: oldest, known: version)
        }
        return try stored == version ? source.read(Value.self, in: datum) : older(stored, datum, source)
    }
}

/// Where data that is migrated comes from.
package enum MigrationSource: Sendable {
    /// A program stored it.
    case store
    /// A person wrote it: a key that is not known is an error.
    case description(DatumDecoder)

    fileprivate func read<Value: Decodable>(_ type: Value.Type, in datum: Datum) throws -> Value {
        switch self {
        case .store: return try DatumDecoder().decode(type, from: datum)
        case .description(let decoder):
            let (value, unknown) = try decoder.decodeNotingUnknownKeys(type, from: datum)
            if let first = unknown.first { throw first }
            return value
        }
    }
}

/// Data in a version from which no way leads to what a program knows.
package struct VersionProblem: Error, Equatable, CustomStringConvertible {
    package var stored: Int
    /// The oldest version the program can read.
    package var oldest: Int
    /// The version the program writes.
    package var known: Int

    package init(stored: Int, oldest: Int, known: Int) {
        self.stored = stored
        self.oldest = oldest
        self.known = known
    }

    package var description: String {
        let reads = oldest == known ? "version \(known)" : "versions \(oldest) to \(known)"
        return "is stored in version \(stored), and this program reads \(reads). "
            + (stored > known
                ? "Use the program that wrote it, or a newer one."
                : "Start a program in between once, which can migrate it.")
    }
}
