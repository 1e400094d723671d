import Glibc
import Logging
import NIOCore
import NIOHTTP1

extension Responder {
    /// Files up to this size are kept in memory.
    static let maximumCachedFileBytes: Int64 = 65_536
    /// A file that was changed more recently may change again within the same tick of the file system's clock, and
    /// look the same: it is read anew each time until it is older.
    private static let settlingSeconds: Int64 = 2

    /// The file or folder that a path leads to.
    func file(
        at path: RequestPath, in tree: FileTree, _ place: Place, _ request: Request, key: FileCache.Key
    ) -> Response {
        switch tree.find(path) {
        case .file(let file, let name, let isSettled):
            var extra = place.fields
            if let caching = place.caching(of: path.bytes) { extra.append(("Cache-Control", caching)) }
            guard let representation = representation(of: file, name, tree.rules.mediaTypes, extra) else {
                return failure(OpenFailure(code: EIO), request, place)
            }
            if isSettled, case .memory = representation.content, isOld(file.facts) {
                let entry = FileCache.Entry(
                    tree: tree, fileName: name.map { CChar(bitPattern: $0) } + [0], representation: representation)
                cache.insert(entry, for: key)
            }
            return representation.response(to: request.fields, isHead: request.isHead)
        case .folderWithoutSlash:
            let head = ResponseHead(.movedPermanently).with("Location", path.folderLocation + path.query)
            return failure(.movedPermanently, request, place, head: head)
        case .folder(let folder):
            // The redirect to the slash has told already that the folder is there: 404 would hide nothing, and 403
            // tells its owner what to change.
            guard tree.rules.listing else { return failure(.forbidden, request, place) }
            return listing(of: folder, at: path, in: tree, place, request)
        case .failure(let failure): return self.failure(failure, request, place)
        case .nothing: return failure(.notFound, request, place)
        }
    }

    private func representation(
        of file: OpenFile, _ name: [UInt8], _ types: MediaTypes, _ extra: [(name: String, value: String)]
    ) -> Representation? {
        let type = types.type(ofFile: name)
        guard file.facts.size <= Responder.maximumCachedFileBytes else {
            return Representation(file.facts, mediaType: type, content: .file(file), now: now, extra: extra)
        }
        return file.contents().map {
            Representation(file.facts, mediaType: type, content: .memory($0), now: now, extra: extra)
        }
    }

    private func isOld(_ facts: FileFacts) -> Bool {
        max(facts.modified, facts.changed) + Responder.settlingSeconds < now
    }

    private func listing(
        of folder: OpenFile, at path: RequestPath, in tree: FileTree, _ place: Place, _ request: Request
    ) -> Response {
        do throws(OpenFailure) {
            let listing = try FolderListing(folder, path: path, tree: tree)
            return listing.response(to: request, place.fields)
        } catch {
            return failure(error, request, place)
        }
    }

    private func failure(_ failure: OpenFailure, _ request: Request, _ place: Place) -> Response {
        switch failure.code {
        case EACCES, EPERM: return self.failure(.forbidden, request, place)
        case EMFILE, ENFILE, ENOMEM:
            site.logger.error("no more files can be opened", metadata: ["code": "\(failure.code)"])
            let head = ResponseHead(.serviceUnavailable).with("Retry-After", "1")
            return self.failure(.serviceUnavailable, request, place, head: head)
        default:
            site.logger.error("a file can't be read", metadata: ["code": "\(failure.code)"])
            return self.failure(.internalServerError, request, place)
        }
    }
}
