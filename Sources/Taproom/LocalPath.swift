public import ArgumentParser
import Glibc

/// The place of a file or folder on this machine, always absolute once it is read.
///
/// On a command line it is taken from the working folder; in a description, from the folder of the description.
public struct LocalPath: Codable, Hashable, Sendable, CustomStringConvertible, ExpressibleByArgument {
    /// The path.
    ///
    /// It begins with / unless there was nothing to take it from.
    public let text: String

    /// A path, taken from a folder when it is relative.
    public init(_ path: String, in folder: String? = nil) {
        guard let folder, !path.hasPrefix("/") else {
            text = path
            return
        }
        let parts = (folder + "/" + path).split(separator: "/").reduce(into: [Substring]()) { parts, part in
            switch part {
            case ".": break
            case "..": _ = parts.popLast()
            default: parts.append(part)
            }
        }
        text = "/" + parts.joined(separator: "/")
    }

    /// A path on a command line.
    public init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        self.init(argument, in: LocalPath.workingFolder)
    }

    /// The folder this process works in; `/` when it is gone.
    package static var workingFolder: String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }

    /// Reads a path, relative to the folder the decoder knows.
    public init(from decoder: any Decoder) throws {
        let path = try decoder.singleValueContainer().decode(String.self)
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "must be a path, but is \"\(path)\""))
        }
        self.init(path, in: PathFolder.folder(for: decoder))
    }

    /// Writes the path.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    /// The path.
    public var description: String { text }
}
