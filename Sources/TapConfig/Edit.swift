package import TapData

/// One step of a change that somebody asks for; see `docs/changing.md`.
package enum Edit: Sendable, Equatable {
    /// Gives what a path names another value; null: the one it has when nobody says anything.
    case set(path: String, value: Datum)
    /// Adds a service as a description writes it, at the end of the application or of a group.
    case add(Datum, group: String?)
    /// Removes a service, with all that is in it.
    case remove(String)
    /// Has a service run, or not.
    case enable(String, Bool)
    /// Changes a service by a JSON merge patch (RFC 7396) of its description.
    case merge(service: String, patch: Datum)
    /// Puts another description in place of a service's, or adds it when there is none.
    case replace(service: String, with: Datum)
    /// Puts another description in place of the application's.
    case replaceAll(with: Datum)

    /// What it does, in the words of the command line, for the history.
    package var summary: String {
        switch self {
        case .set(let path, let value): value == .null ? "unset \(path)" : "set \(path)"
        case .add(let service, let group):
            "add \(group.map { $0 + "/" } ?? "")\(service.object?["name"]?.string ?? service.object?["kind"]?.string ?? "")"
        case .remove(let path): "remove \(path)"
        case .enable(let path, let isEnabled): "\(isEnabled ? "enable" : "disable") \(path)"
        case .merge(let path, _): "change \(path)"
        case .replace(let path, _): "replace \(path)"
        case .replaceAll: "replace all"
        }
    }
}

/// As JSON: an object whose first key says what is done.
extension Edit: Codable {
    private enum CodingKeys: String, CodingKey {
        case set, value, add, group, remove, enable, disable, patch, replace, with
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let path = try container.decodeIfPresent(String.self, forKey: .set) {
            self = .set(path: path, value: try container.decodeIfPresent(Datum.self, forKey: .value) ?? .null)
        } else if let service = try container.decodeIfPresent(Datum.self, forKey: .add) {
            self = .add(service, group: try container.decodeIfPresent(String.self, forKey: .group))
        } else if let path = try container.decodeIfPresent(String.self, forKey: .remove) {
            self = .remove(path)
        } else if let path = try container.decodeIfPresent(String.self, forKey: .enable) {
            self = .enable(path, true)
        } else if let path = try container.decodeIfPresent(String.self, forKey: .disable) {
            self = .enable(path, false)
        } else if let path = try container.decodeIfPresent(String.self, forKey: .patch) {
            self = .merge(service: path, patch: try container.decode(Datum.self, forKey: .with))
        } else if let path = try container.decodeIfPresent(String.self, forKey: .replace) {
            let description = try container.decode(Datum.self, forKey: .with)
            self = path.isEmpty ? .replaceAll(with: description) : .replace(service: path, with: description)
        } else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "must have one of the keys set, add, remove, enable, disable, patch, replace"))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .set(let path, let value):
            try container.encode(path, forKey: .set)
            try container.encode(value, forKey: .value)
        case .add(let service, let group):
            try container.encode(service, forKey: .add)
            try container.encodeIfPresent(group, forKey: .group)
        case .remove(let path): try container.encode(path, forKey: .remove)
        case .enable(let path, let isEnabled): try container.encode(path, forKey: isEnabled ? .enable : .disable)
        case .merge(let path, let patch):
            try container.encode(path, forKey: .patch)
            try container.encode(patch, forKey: .with)
        case .replace(let path, let description):
            try container.encode(path, forKey: .replace)
            try container.encode(description, forKey: .with)
        case .replaceAll(let description):
            try container.encode("", forKey: .replace)
            try container.encode(description, forKey: .with)
        }
    }
}
