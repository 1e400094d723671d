import TapWeb

/// What readers get.
enum WebLogPages {
    static func page(_ title: String, _ entries: [WebLogEntry]) -> HTML {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><title>\(title)</title>
        <link rel="alternate" type="application/atom+xml" href="/feed.atom"></head>
        <body><h1>\(title)</h1>
        \(each: entries, { "<h2>\($0.title)</h2>\n<p>\($0.published)</p>\n<p>\($0.text)</p>\n" })
        </body></html>

        """
    }

    /// The entries as RFC 4287 has them.
    static func feed(_ name: String, _ title: String, _ entries: [WebLogEntry]) -> [UInt8] {
        let feed: HTML = """
            <?xml version="1.0" encoding="utf-8"?>
            <feed xmlns="http://www.w3.org/2005/Atom">
            <id>\(name)</id><title>\(title)</title><author><name>\(title)</name></author>
            <updated>\(entries.map(\.updated).max() ?? "1970-01-01T00:00:00Z")</updated>
            \(each: entries, entry)</feed>

            """
        return Array(feed.markup.utf8)
    }

    private static func entry(_ entry: WebLogEntry) -> HTML {
        """
        <entry><id>\(entry.name)</id><title>\(entry.title)</title>
        <published>\(entry.published)</published><updated>\(entry.updated)</updated>
        <content>\(entry.text)</content></entry>

        """
    }
}
