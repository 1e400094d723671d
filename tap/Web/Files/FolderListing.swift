import CTapSystem
import Glibc
import NIOHTTP1

/// A folder's contents as a page.
struct FolderListing {
    /// One file or folder.
    struct Entry {
        let name: [UInt8]
        let facts: FileFacts
    }

    /// Folders first, then by name.
    let entries: [Entry]
    private let title: String
    private let hasParent: Bool

    /// The head of the response: the page changes with the folder, and holds nothing but itself.
    static var responseHead: ResponseHead {
        ResponseHead(.ok)
            .with("Cache-Control", "no-cache")
            .with(
                "Content-Security-Policy",
                "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'")
    }

    /// Reads an open folder.
    ///
    /// What the settings hide is left out.
    init(_ folder: OpenFile, path: RequestPath, tree: FileTree) throws(OpenFailure) {
        let showsDotFiles = tree.rules.dotfiles
        let prefix = path.names.isEmpty ? [] : path.fileName + [UInt8(ascii: "/")]
        let names = try FolderListing.names(folder).filter { name in
            showsDotFiles || name.first != UInt8(ascii: ".")
                || path.names.isEmpty && name == Array(".well-known".utf8)
        }
        let entries = names.compactMap { FolderListing.entry($0, in: folder, below: prefix, of: tree) }
        self.init(entries, path: path)
    }

    /// A page of entries.
    init(_ entries: [Entry], path: RequestPath) {
        self.entries = entries.sorted { left, right in
            left.facts.isFolder == right.facts.isFolder
                ? left.name.lexicographicallyPrecedes(right.name) : left.facts.isFolder
        }
        title = "/" + path.segments.map { String(decoding: $0, as: UTF8.self) + "/" }.joined()
        hasParent = !path.segments.isEmpty
    }

    private static func names(_ folder: OpenFile) throws(OpenFailure) -> [[UInt8]] {
        // Opened anew, for the position in a folder is shared by all duplicates of a descriptor.
        let copy = folder.withDescriptor { openat($0, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) } ?? -1
        guard copy >= 0, let stream = fdopendir(copy) else {
            let failure = OpenFailure(code: errno)
            if copy >= 0 { close(copy) }
            throw failure
        }
        defer { closedir(stream) }
        var names: [[UInt8]] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name != [0x2E] && name != [0x2E, 0x2E] { names.append(name) }
        }
        return names
    }

    /// What a name is, or nil for what would not be served: links out of bounds, and all that is neither file nor folder.
    private static func entry(_ name: [UInt8], in folder: OpenFile, below prefix: [UInt8], of tree: FileTree) -> Entry?
    {
        let facts: FileFacts? =
            folder.withDescriptor { descriptor in
                var status = stat()
                let terminated = name.map { CChar(bitPattern: $0) } + [0]
                guard fstatat(descriptor, terminated, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
                let facts = FileFacts(status)
                guard facts.isLink else { return facts }
                return tree.linkFacts(prefix + name)
            } ?? nil
        guard let facts, facts.isFile || facts.isFolder else { return nil }
        return Entry(name: name, facts: facts)
    }

    /// The page.
    var html: String {
        let title = Escaping.html(title)
        var page = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Contents of \(title)</title>
            <style>\(FolderListing.style)</style>
            </head>
            <body>
            <main>
            <h1>Contents of \(title)</h1>
            <table>
            <caption>\(summary)</caption>
            <thead><tr><th scope="col">Name</th><th scope="col">Size</th><th scope="col">Changed (UTC)</th></tr></thead>
            <tbody>

            """
        if hasParent { page += "<tr><td><a href=\"../\">../</a></td><td></td><td></td></tr>\n" }
        for entry in entries { page += FolderListing.row(entry) }
        page += "</tbody>\n</table>\n</main>\n</body>\n</html>\n"
        return page
    }

    private var summary: String {
        let folders = entries.count { $0.facts.isFolder }
        let files = entries.count - folders
        return "\(folders) \(folders == 1 ? "folder" : "folders"), \(files) \(files == 1 ? "file" : "files")"
    }

    private static func row(_ entry: Entry) -> String {
        let slash = entry.facts.isFolder ? "/" : ""
        let name = Escaping.html(String(decoding: entry.name, as: UTF8.self)) + slash
        // ./ keeps a name with a colon from being taken for a scheme.
        let link = "./" + Escaping.url(entry.name) + slash
        let size = entry.facts.isFolder ? "" : sizeText(entry.facts.size)
        let time = HTTPDate.listing(entry.facts.modified)
        return "<tr><td><a href=\"\(link)\">\(name)</a></td><td>\(size)</td><td><time>\(time)</time></td></tr>\n"
    }

    /// A size for people: `17 bytes`, `1.2 MiB`.
    static func sizeText(_ bytes: Int64) -> String {
        var (unit, size) = (0, Double(bytes))
        while size >= 1023.95, unit < 5 {
            size /= 1024
            unit += 1
        }
        if unit == 0 { return bytes == 1 ? "1 byte" : "\(bytes) bytes" }
        let tenths = Int64((size * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) \(["KiB", "MiB", "GiB", "TiB", "PiB"][unit - 1])"
    }

    private static let style = """
        :root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}\
        h1{font-size:1.4rem;overflow-wrap:anywhere}table{border-collapse:collapse;width:100%}\
        caption{text-align:left;padding-bottom:.5rem;opacity:.75}\
        th,td{text-align:left;padding:.25rem .75rem .25rem 0;border-bottom:1px solid #8884}\
        td:first-child{overflow-wrap:anywhere}th:nth-child(n+2),td:nth-child(n+2){text-align:right;white-space:nowrap;\
        font-variant-numeric:tabular-nums}tbody tr:hover{background:#8882}a{text-decoration:none}a:hover{text-decoration:underline}
        """
}
