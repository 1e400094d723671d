import Glibc
import NIOCore
import NIOHTTP1
import Taproom

/// The pages that an administrator has made for errors, in memory.
struct ErrorPages: Sendable {
    /// The largest page, in bytes.
    private static let maximumBytes = 1 << 20

    private struct Page {
        let bytes: ByteBuffer
        let mediaType: String
    }

    private var pages: [UInt: Page] = [:]

    /// Reads the pages.
    ///
    /// Throws ``SiteError``.
    init(_ settings: WebSettings) throws(SiteError) {
        let types = MediaTypes(additions: settings.types, default: "text/html")
        for (status, path) in settings.errorPages {
            guard let status = UInt(status) else { continue }
            do throws(SystemCallError) {
                let (bytes, _) = try SmallFile.read(path.text, atMost: Self.maximumBytes)
                pages[status] = Page(
                    bytes: ByteBuffer(bytes: bytes), mediaType: types.type(ofFile: Array(path.text.utf8)))
            } catch {
                throw SiteError(path: path.text, code: error.code, isPage: true)
            }
        }
    }

    /// What a client is told that can't be served.
    func response(_ status: HTTPResponseStatus, head: ResponseHead? = nil, isHead: Bool = false) -> Response {
        guard let page = pages[status.code] else { return .failure(status, head: head, isHead: isHead) }
        let head = (head ?? ResponseHead(status))
            .with("Content-Type", page.mediaType)
            .with("Content-Length", "\(page.bytes.readableBytes)")
        return Response(head, body: isHead ? [] : [.bytes(page.bytes)])
    }
}
