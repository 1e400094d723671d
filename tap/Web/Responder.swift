import Glibc
import Logging
import NIOCore
import NIOHTTP1

/// Answers requests with responses, and remembers small files.
///
/// One for each event loop, and used on it only.
final class Responder {
    /// Files up to this size are kept in memory.
    static let maximumCachedFileBytes: Int64 = 65_536
    /// What one event loop keeps in memory at most.
    static let maximumCacheBytes = 32 << 20
    /// A file that was changed more recently may change again within the same tick of the file system's clock, and
    /// look the same: it is read anew each time until it is older.
    private static let settlingSeconds: Int64 = 2

    private(set) var site: Site
    let figures: RequestFigures
    private var cache = FileCache(maximumBytes: Responder.maximumCacheBytes)
    private var dateSecond: Int64 = .min
    private var dateField = ByteBuffer()

    init(_ site: Site, _ figures: RequestFigures) {
        self.site = site
        self.figures = figures
    }

    /// Answers from another site from now on.
    func use(_ site: Site) {
        self.site = site
        cache = FileCache(maximumBytes: Responder.maximumCacheBytes)
    }

    /// Seconds since 1970.
    private var now: Int64 { Int64(time(nil)) }

    /// The `Date` field with its line end, made once a second.
    var date: ByteBuffer {
        let now = now
        if now != dateSecond {
            dateSecond = now
            dateField = ByteBuffer(string: "Date: \(HTTPDate.text(now))\r\n")
        }
        return dateField
    }

    /// What answers a request.
    func answer(to request: Request) -> Answer { .response(response(to: request)) }

    /// What to answer.
    ///
    /// Opens and reads files, and never waits for anything but the disk.
    private func response(to request: Request) -> Response {
        let (isHead, fields) = (request.isHead, request.fields)
        if request.version != .http1_0 && fields.hosts != 1 || !fields.hostIsValid {
            return .failure(.badRequest, isHead: isHead)
        }
        switch request.method {
        case .GET, .HEAD: break
        case .OPTIONS:
            let head = ResponseHead(.noContent).with("Allow", "GET, HEAD, OPTIONS")
            return Response(head)
        case .RAW: return .failure(.notImplemented)
        default:
            return .failure(
                .methodNotAllowed, head: ResponseHead(.methodNotAllowed).with("Allow", "GET, HEAD, OPTIONS"))
        }
        let key = Responder.cacheKey(request.target)
        if let entry = cache.entry(key) {
            if site.facts(entry.fileName) == entry.representation.facts {
                return entry.representation.response(to: fields, isHead: isHead)
            }
            cache.remove(key)
        }
        return uncachedResponse(to: request, key: key)
    }

    private static func cacheKey(_ target: String) -> String {
        guard let question = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return target }
        return String(target[..<question])
    }

    private func uncachedResponse(to request: Request, key: String) -> Response {
        let (isHead, fields) = (request.isHead, request.fields)
        let path: RequestPath
        do throws(RequestPath.Problem) {
            path = try RequestPath(request.target)
        } catch {
            return .failure(.badRequest, isHead: isHead)
        }
        switch site.find(path) {
        case .file(let file, let name, let isSettled):
            guard let representation = representation(of: file, name) else {
                return failure(OpenFailure(code: EIO), isHead: isHead)
            }
            if isSettled, case .memory = representation.content, isOld(file.facts) {
                let entry = FileCache.Entry(
                    fileName: name.map { CChar(bitPattern: $0) } + [0], representation: representation)
                cache.insert(entry, for: key)
            }
            return representation.response(to: fields, isHead: isHead)
        case .folderWithoutSlash:
            let head = ResponseHead(.movedPermanently).with("Location", path.folderLocation + path.query)
            return .failure(.movedPermanently, head: head, isHead: isHead)
        case .folder(let folder):
            // The redirect to the slash has told already that the folder is there: 404 would hide nothing, and 403
            // tells its owner what to change.
            guard site.settings.listing else { return .failure(.forbidden, isHead: isHead) }
            return listing(of: folder, at: path, isHead: isHead)
        case .failure(let failure): return self.failure(failure, isHead: isHead)
        case .nothing: return .failure(.notFound, isHead: isHead)
        case .welcome: return .page(.ok, welcomePage, isHead: isHead)
        }
    }

    private func representation(of file: OpenFile, _ name: [UInt8]) -> Representation? {
        let mediaType = site.mediaTypes.type(ofFile: name)
        guard file.facts.size <= Responder.maximumCachedFileBytes else {
            return Representation(file.facts, mediaType: mediaType, content: .file(file), now: now)
        }
        return file.contents().map { Representation(file.facts, mediaType: mediaType, content: .memory($0), now: now) }
    }

    private func isOld(_ facts: FileFacts) -> Bool {
        max(facts.modified, facts.changed) + Responder.settlingSeconds < now
    }

    private func listing(of folder: OpenFile, at path: RequestPath, isHead: Bool) -> Response {
        do throws(OpenFailure) {
            let listing = try FolderListing(folder, path: path, site: site)
            return .page(.ok, listing.html, head: FolderListing.responseHead, isHead: isHead)
        } catch {
            return failure(error, isHead: isHead)
        }
    }

    private func failure(_ failure: OpenFailure, isHead: Bool) -> Response {
        switch failure.code {
        case EACCES, EPERM: return .failure(.forbidden, isHead: isHead)
        case EMFILE, ENFILE, ENOMEM:
            site.logger.error("no more files can be opened", metadata: ["code": "\(failure.code)"])
            return .failure(
                .serviceUnavailable, head: ResponseHead(.serviceUnavailable).with("Retry-After", "1"), isHead: isHead)
        default:
            site.logger.error("a file can't be read", metadata: ["code": "\(failure.code)"])
            return .failure(.internalServerError, isHead: isHead)
        }
    }
}
