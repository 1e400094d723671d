import TapData

/// Facts of the table `about` that are no part of the history: whoever goes back to an earlier point does not bring them
/// back.
extension Tap {
    /// A fact, or nil when there is none.
    ///
    /// `name` says what it is when it can't be read. Throws ``TapFileError/damaged(path:problem:)`` then.
    func fact<Fact: Decodable>(_ key: String, as type: Fact.Type, named name: String) throws -> Fact? {
        let stored = try database.rows("SELECT value FROM about WHERE key = ?", [.text(key)]) { $0.text(0) }
        guard let text = stored.first else { return nil }
        guard let fact = try? DatumDecoder().decode(type, from: JSONReader.read(text).datum) else {
            throw TapFileError.damaged(path: path, problem: "\(name) can't be read")
        }
        return fact
    }

    /// Keeps a fact; nil: there is none any more.
    ///
    /// Inside of ``commit(_:)``.
    func storeFact(_ key: String, _ fact: (some Encodable)?) throws {
        guard let fact else {
            try database.query("DELETE FROM about WHERE key = ?", [.text(key)])
            return
        }
        let text = JSONWriter.line(try DatumEncoder().encode(fact))
        try database.query("INSERT OR REPLACE INTO about VALUES (?, ?)", [.text(key), .text(text)])
    }
}
