import TapConfig
import TapData
import Taproom

/// What a setting of a foreign kind can be.
///
/// Each has a Swift type behind it, so that the values, their errors, their schema and their help are those of kinds that are
/// compiled in.
enum SettingType: String, DeclaredWord {
    case bool, integer, number, text, duration, size, path, endpoint, secret, any

    private var type: any DeclaredValue.Type {
        switch self {
        case .bool: Bool.self
        case .integer: Int64.self
        case .number: Double.self
        case .text: String.self
        case .duration: TimeSpan.self
        case .size: ByteCount.self
        case .path: LocalPath.self
        case .endpoint: Endpoint.self
        case .secret: Secret.self
        case .any: Datum.self
        }
    }

    /// What can stand for a value, or for a list of them.
    func shape(isList: Bool) -> Shape {
        let shape = type.shape
        return isList ? .oneOrMore(shape) : shape
    }

    /// A value, or a list of them, as it is stored.
    ///
    /// Throws what is wrong with it, with its path in the value.
    func canonical(_ datum: Datum, isList: Bool, _ folder: PathFolder) throws(DataError) -> Datum {
        isList ? try type.canonicalList(datum, folder.decoder) : try type.canonical(datum, folder.decoder)
    }

    /// The number that a value is measured by; nil: it has none.
    func measure(_ datum: Datum) -> Int64? {
        let decoder = DatumDecoder()
        return switch self {
        case .integer: try? decoder.decode(Int64.self, from: datum)
        case .duration: (try? decoder.decode(TimeSpan.self, from: datum))?.measure
        case .size: (try? decoder.decode(ByteCount.self, from: datum))?.measure
        default: nil
        }
    }

    /// Whether values have a least and a greatest one.
    var isMeasured: Bool { [.integer, .duration, .size].contains(self) }
}

/// A Swift type that is behind settings of foreign kinds.
private protocol DeclaredValue: Codable, Equatable, Sendable {}

extension Bool: DeclaredValue {}
extension Int64: DeclaredValue {}
extension Double: DeclaredValue {}
extension String: DeclaredValue {}
extension TimeSpan: DeclaredValue {}
extension ByteCount: DeclaredValue {}
extension LocalPath: DeclaredValue {}
extension Endpoint: DeclaredValue {}
extension Secret: DeclaredValue {}
extension Datum: DeclaredValue {}

extension DeclaredValue {
    fileprivate static var shape: Shape { ShapeReader.shape(of: Self.self) }

    fileprivate static func canonical(_ datum: Datum, _ decoder: DatumDecoder) throws(DataError) -> Datum {
        try stored(decoder.decode(Self.self, from: datum))
    }

    fileprivate static func canonicalList(_ datum: Datum, _ decoder: DatumDecoder) throws(DataError) -> Datum {
        try stored(decoder.decode(OneOrMore<Self>.self, from: datum))
    }

    private static func stored(_ value: some Encodable) throws(DataError) -> Datum {
        do {
            return try DatumEncoder().encode(value)
        } catch {
            throw DataError(path: [], problem: "can't be stored: \(error)")
        }
    }
}
