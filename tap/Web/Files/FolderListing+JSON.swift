import NIOCore
import NIOHTTP1
import TapData

extension FolderListing {
    /// The contents as a page, or as JSON for who asks for that.
    func response(to request: Request, _ fields: [(name: String, value: String)]) -> Response {
        let head = FolderListing.responseHead.with("Vary", "Accept").with(fields)
        guard FolderListing.prefersJSON(request.lines.list("accept")) else {
            return .page(.ok, html, head: head, isHead: request.isHead)
        }
        let body = ByteBuffer(string: json)
        let full = head.with("Content-Type", "application/json")
            .with("Content-Length", "\(body.readableBytes)")
        return Response(full, body: request.isHead ? [] : [.bytes(body)])
    }

    /// Whether `Accept` names JSON, and not HTML before it or as well.
    static func prefersJSON(_ accept: String?) -> Bool {
        guard let accept = accept?.lowercased() else { return false }
        return accept.contains("application/json") && !accept.contains("text/html")
    }

    /// A list of objects: `name`, `type` (`file` or `folder`), `size` of files in bytes, and `modified` as RFC 3339 has it.
    private var json: String {
        let items = entries.map { entry in
            var item: DatumObject = [
                "name": .string(String(decoding: entry.name, as: UTF8.self)),
                "type": .string(entry.facts.isFolder ? "folder" : "file"),
            ]
            if !entry.facts.isFolder { item["size"] = .integer(entry.facts.size) }
            item["modified"] = .string(Timestamp.text(seconds: Int(entry.facts.modified)))
            return Datum.object(item)
        }
        return JSONWriter.line(.array(items)) + "\n"
    }
}
