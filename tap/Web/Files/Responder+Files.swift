import Glibc
import Logging
import NIOCore
import NIOHTTP1
import TapNetwork

extension Responder {
    /// Files up to this size are kept in memory.
    static let maximumCachedFileBytes: Int64 = 65_536
    /// A file that was changed more recently may change again within the same tick of the file system's clock, and
    /// look the same: it is read anew each time until it is older.
    private static let settlingSeconds: Int64 = 2

    /// For how long a file in memory is compressed without a look at what lies beside it, in seconds.
    private static let sidecarSeconds: Int64 = 5

    /// What is in memory for a path, when it is still what is on the disk.
    func remembered(_ key: FileCache.Key, for request: Request) -> Answer? {
        guard let entry = cache.entry(key) else { return nil }
        note(entry.place, request)
        guard entry.place.addresses.admit(request.client.address) else {
            return .response(failure(.forbidden, request, entry.place))
        }
        let representation: Representation
        if let variants = entry.variants, let accepted = accepted(by: request),
            let best = variants.best(accepted, of: entry.representation)
        {
            let sidecar = variants.sidecars[best.coding ?? .deflate]
            guard now < entry.lookedAt + Responder.sidecarSeconds,
                sidecar.map({ entry.tree.facts($0.fileName) == $0.representation.facts }) ?? true
            else {
                cache.remove(key)
                return nil
            }
            representation = best
        } else {
            representation = entry.representation
        }
        guard isUnchanged(entry) else {
            cache.remove(key)
            return nil
        }
        return admitting(request, to: entry.place) { request in
            .response(representation.response(to: request.fields, isHead: request.isHead))
        }
    }

    /// Whether what is kept is still on the disk, which is asked once for all requests of a round.
    private func isUnchanged(_ entry: FileCache.Entry) -> Bool {
        entry.isUsed = true
        let round = rounds.current
        if entry.checked == round { return true }
        guard entry.isUnchanged else { return false }
        entry.checked = round
        return true
    }

    /// The codings that a client accepts; nil when it wants the file as it is, or parts of it.
    private func accepted(by request: Request) -> [ContentCoding]? {
        guard let field = request.fields.acceptEncoding, request.fields.range == nil else { return nil }
        return ContentCoding.accepted(field)
    }

    /// The file or folder that a path leads to.
    ///
    /// Without a key nothing is kept in memory.
    func file(
        at path: RequestPath, in tree: FileTree, _ place: Place, _ request: Request, key: FileCache.Key?
    ) -> Answer {
        switch tree.find(path) {
        case .file(let file, let name, let isSettled):
            return answer(with: file, name, isSettled: isSettled, at: path, in: tree, place, request, key: key)
        case .folderWithoutSlash:
            let head = ResponseHead(.movedPermanently).with("Location", path.folderLocation + path.query)
            return .response(failure(.movedPermanently, request, place, head: head))
        case .folder(let folder):
            // The redirect to the slash has told already that the folder is there: 404 would hide nothing, and 403
            // tells its owner what to change.
            guard tree.rules.listing else { return .response(failure(.forbidden, request, place)) }
            return .response(listing(of: folder, at: path, in: tree, place, request))
        case .failure(let failure): return .response(self.failure(failure, request, place))
        case .nothing: return .response(failure(.notFound, request, place))
        }
    }

    private func answer(
        with file: OpenFile, _ name: [UInt8], isSettled: Bool, at path: RequestPath, in tree: FileTree, _ place: Place,
        _ request: Request, key: FileCache.Key?
    ) -> Answer {
        let rules = tree.rules
        let type = rules.mediaTypes.type(ofFile: name)
        let isCompressible = (rules.compress || rules.precompressed) && MediaTypes.isCompressible(type)
        var extra = place.fields
        if isCompressible { extra.append(("Vary", "Accept-Encoding")) }
        if let caching = place.caching(of: path.bytes) { extra.append(("Cache-Control", caching)) }
        guard let representation = representation(of: file, type, extra) else {
            return .response(failure(OpenFailure(code: EIO), request, place))
        }
        let sidecars = isCompressible && rules.precompressed ? sidecars(of: name, file.facts, type, extra, tree) : [:]
        let variants = isCompressible ? FileVariants(sidecars, makes: rules.compress) : nil
        if let key, isSettled, isOld(file.facts) {
            let entry = FileCache.Entry(
                representation, named: name.map { CChar(bitPattern: $0) } + [0], in: tree, place, variants,
                lookedAt: now)
            // What is compressed while it is sent is opened for each answer.
            if !entry.isOpen || variants == nil { keep(entry, for: key) }
        }
        guard let variants, let accepted = accepted(by: request) else {
            return .response(representation.response(to: request.fields, isHead: request.isHead))
        }
        if case .file = representation.content, rules.compress, !accepted.contains(where: { sidecars[$0] != nil }),
            let coding = accepted.first
        {
            let encoded = representation.encoded(coding, now: now)
            if let response = encoded.conditionalResponse(to: request.fields) { return .response(response) }
            return .handler(CompressingHandler(file, encoded.streamedHead, coding), HandlerTerms())
        }
        let best = variants.best(accepted, of: representation) ?? representation
        return .response(best.response(to: request.fields, isHead: request.isHead))
    }

    private func keep(_ entry: FileCache.Entry, for key: FileCache.Key) {
        cache.insert(entry, for: key)
        if entry.isOpen { closeUnusedFilesLater() }
    }

    /// The files beside a file that were compressed beforehand, when they are not older.
    private func sidecars(
        of name: [UInt8], _ facts: FileFacts, _ type: String, _ extra: [(name: String, value: String)], _ tree: FileTree
    ) -> [ContentCoding: FileVariants.Sidecar] {
        var sidecars: [ContentCoding: FileVariants.Sidecar] = [:]
        for coding in ContentCoding.allCases {
            guard let suffix = coding.suffix, let file = tree.sidecar(name + suffix),
                (file.facts.modified, file.facts.modifiedNanoseconds) >= (facts.modified, facts.modifiedNanoseconds),
                let representation = representation(of: file, type, extra, coding: coding)
            else { continue }
            // What is kept with a file in memory keeps nothing open.
            if facts.size <= Responder.maximumCachedFileBytes, case .file = representation.content { continue }
            sidecars[coding] = FileVariants.Sidecar(
                fileName: (name + suffix).map { CChar(bitPattern: $0) } + [0], representation: representation)
        }
        return sidecars
    }

    private func representation(
        of file: OpenFile, _ type: String, _ extra: [(name: String, value: String)], coding: ContentCoding? = nil
    ) -> Representation? {
        guard file.facts.size <= Responder.maximumCachedFileBytes else {
            return Representation(
                file.facts, mediaType: type, content: .file(file), coding: coding, now: now, extra: extra)
        }
        return file.contents().map {
            Representation(file.facts, mediaType: type, content: .memory($0), coding: coding, now: now, extra: extra)
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
