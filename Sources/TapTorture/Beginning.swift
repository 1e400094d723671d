import CSQLite
import Glibc
import TapFile
import TapTesting

/// What a scenario begins with.
struct Beginning {
    var files: FolderContent = [:]
    /// What the tap holds for the one who opens it.
    var content: String?
    var keptBytes: [KeptBytes] = []

    /// A folder with these files, as one finds them who opens the tap.
    fileprivate init(_ files: FolderContent, of scenario: Scenario) throws {
        self.files = files
        let folder = try Files.folder()
        try files.write(to: folder.path)
        let tap = try scenario.open(folder[Scenario.tapName], for: .writing)
        content = try WholeContent.text(of: tap)
        try tap.close()
    }

    private init() {}

    /// A folder in which nothing is.
    static let nothing = Beginning()

    /// The files of a program that was killed after a step of a life.
    fileprivate static func leftovers(
        of life: RecordedScenario, after step: Int, _ program: TracedProgram
    ) throws -> FolderContent {
        let number = life.operations[...life.milestones[step].operation].count { $0.kind.isCounted } + 1
        let fault = TracedProgram.Fault(how: .stop, operation: number)
        let killed = try program.run(.life, from: [:], fault).folder
        var files: FolderContent = [:]
        for suffix in ["", "-wal", "-shm"] {
            files[Scenario.tapName + suffix] = try Files.read(killed[Scenario.tapName + suffix])
        }
        return files
    }

    /// A tap of format 1, with a log when its program was killed.
    fileprivate static func formatOne(killed isKilled: Bool, _ program: TracedProgram) throws -> FolderContent {
        let fixture = try Files.read(program.fixtures + "/numbers-1.tap")
        guard isKilled else { return [Scenario.tapName: fixture] }
        let folder = try Files.folder()
        let path = folder[Scenario.tapName]
        try Files.write(fixture, to: path)
        var connection: OpaquePointer?
        defer { sqlite3_close(connection) }
        let changes = """
            PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;
            UPDATE revision SET comment = 'in the log of ' || number;
            """
        guard sqlite3_open(path, &connection) == SQLITE_OK,
            sqlite3_exec(connection, changes, nil, nil, nil) == SQLITE_OK
        else { throw TortureError("\(path) can't be changed: \(String(cString: sqlite3_errmsg(connection)))") }
        return [Scenario.tapName: try Files.read(path), Scenario.tapName + "-wal": try Files.read(path + "-wal")]
    }
}

extension Beginning {
    private static let log = Scenario.tapName + "-wal"
    private static let pageSize = 4096
    private static let frameSize = 24 + pageSize
    /// The bytes before the first frame of a log.
    private static let logHeaderSize = 32

    /// A damaged first frame, which others follow.
    fileprivate static func damagedLog(_ files: FolderContent) throws -> Beginning {
        var files = files
        guard var bytes = files[log], bytes.count > logHeaderSize + 2 * frameSize else {
            throw TortureError("the log of a killed program has too few frames")
        }
        bytes[logHeaderSize + frameSize / 2] ^= 1
        files[log] = bytes
        var beginning = try Beginning(files, of: .damagedLog)
        beginning.keptBytes = files.filter { !$0.key.hasSuffix("-shm") }.map { name, bytes in
            KeptBytes(name: name, offset: 0, bytes: bytes)
        }
        return beginning
    }

    /// A damaged page that is not in the log, and without which a start falls back.
    fileprivate static func damagedPage(_ files: FolderContent) throws -> Beginning {
        guard let whole = files[Scenario.tapName], let log = files[log] else {
            throw TortureError("a killed program has left no log")
        }
        let frames = stride(from: logHeaderSize, to: log.count, by: frameSize)
        let newer = Set(frames.map { log[$0..<$0 + 4].reduce(0) { $0 << 8 | Int($1) } })
        let sound = try Beginning(files, of: .damagedPage)
        for page in (2...whole.count / pageSize).reversed() where !newer.contains(page) {
            var damaged = files
            let offset = (page - 1) * pageSize
            damaged[Scenario.tapName]?[offset + pageSize / 2] ^= 1
            // Some pages can't be done without, some are not read.
            guard var beginning = try? Beginning(damaged, of: .damagedPage), beginning.content != sound.content else {
                continue
            }
            let bytes = Array(damaged[Scenario.tapName]?[offset..<offset + pageSize] ?? [])
            beginning.keptBytes = [KeptBytes(name: Scenario.tapName, offset: offset, bytes: bytes)]
            return beginning
        }
        throw TortureError("no page of a life can be damaged so that a start falls back")
    }
}

extension RecordedScenario {
    /// All scenarios; those that begin with the leftovers of a killed program take them from the middle of a life, or from its
    /// end.
    static func all(by program: TracedProgram) throws -> [RecordedScenario] {
        let life = try RecordedScenario(.life, from: .nothing, by: program)
        let middle = try Beginning.leftovers(of: life, after: life.milestones.count / 2, program)
        let step = life.milestones.firstIndex { $0.step == "migrate" } ?? 0
        let end = try Beginning.leftovers(of: life, after: step, program)
        return try [life]
            + Scenario.allCases.filter { $0 != .life }.map { scenario in
                let beginning =
                    switch scenario {
                    case .life, .sealed: Beginning.nothing
                    case .recovery, .reading, .replacement, .rekey: try Beginning(middle, of: scenario)
                    case .conversion: try Beginning(Beginning.formatOne(killed: false, program), of: scenario)
                    case .conversionOfLog: try Beginning(Beginning.formatOne(killed: true, program), of: scenario)
                    case .damagedPage: try Beginning.damagedPage(end)
                    case .damagedLog: try Beginning.damagedLog(end)
                    }
                return try RecordedScenario(scenario, from: beginning, by: program)
            }
    }
}
