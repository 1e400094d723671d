import Glibc
import TapConfig
import TapData
import TapFile
import TapStandard
import TapTesting
import Taproom

/// Texts and bytes from outside that nobody would write: they are refused, or mean the same ever after.
///
/// Each case is a description, bytes that may be CBOR, and, every fiftieth time, the image of a tap.
package struct FuzzCases: Cases {
    /// How many applications one tap in memory stores before a new one takes its place.
    private static let applicationsPerTap = 100
    private static let casesPerImage = 50

    private let seed: UInt64
    private let kinds = KindList(StandardKinds.all + [Greeter.self])
    private let authorship = Authorship(author: "ada", origin: "torture")
    private var tap: Tap?
    private var stored = 0
    private var images: ImageCases
    private var bytes: ByteCases

    /// Prepares the cases.
    package init(seed: UInt64) throws {
        self.seed = seed
        images = try ImageCases(seed: seed)
        bytes = ByteCases(seed: seed)
    }

    /// Does one case.
    package mutating func run(_ number: Int, _ findings: inout Findings) throws {
        findings.count("descriptions")
        var mutator = DescriptionMutator(seed: seed &+ UInt64(number) &* 0x9E37)
        let text = mutator.next()
        do throws(DescriptionError) {
            let application = try DescriptionReader.read(text, file: "site.yaml", folder: "/srv", kinds: kinds)
            findings.count("accepted")
            if let problem = try roundTrip(application) {
                findings.lose("fuzz: case \(number) of seed \(seed): \(problem)")
            }
        } catch {
            // Whatever is wrong has a place in the text.
            let lines = text.utf8.count { $0 == UInt8(ascii: "\n") } + 2
            if error.problems.isEmpty || error.problems.contains(where: { !(1...max(lines, 2) * 2).contains($0.line) })
            {
                findings.lose("fuzz: case \(number) of seed \(seed): an error without a place: \(error)")
            }
        }
        bytes.run(number, &findings)
        if number % FuzzCases.casesPerImage == 0 { try images.run(number, &findings) }
    }

    /// What is not the same after storing and exporting, or nil.
    private mutating func roundTrip(_ application: Application) throws(DescriptionError) -> String? {
        do {
            let stored = try store(application)
            guard stored == application else { return "a tap gives back another application: \(stored)" }
        } catch {
            return "a tap refuses it: \(error)"
        }
        let yaml = Description.yaml(of: application)
        let again = try? DescriptionReader.read(yaml, file: "export.yaml", folder: nil, kinds: kinds)
        guard again == application else { return "its YAML means something else: \(yaml)" }
        guard Description.yaml(of: application) == again.map(Description.yaml) else {
            return "its YAML changes: \(yaml)"
        }
        let json = Description.json(of: application)
        guard (try? DescriptionReader.read(json, file: "export.json", folder: nil, kinds: kinds)) == application else {
            return "its JSON means something else: \(json)"
        }
        return nil
    }

    private mutating func store(_ application: Application) throws -> Application {
        guard let tap, stored < FuzzCases.applicationsPerTap else {
            let made = try Tap.make(inMemory: "fuzz", application, by: authorship)
            (tap, stored) = (made, 0)
            return try made.application()
        }
        stored += 1
        try tap.commit {
            if try tap.store(application) { try tap.addRevision(.change, by: authorship) }
        }
        return try tap.application()
    }
}

/// Bytes that may be CBOR or JSON.
private struct ByteCases {
    private let seed: UInt64

    init(seed: UInt64) { self.seed = seed }

    func run(_ number: Int, _ findings: inout Findings) {
        findings.count("byte strings")
        var random = SeededGenerator(seed: seed &+ UInt64(number) &* 0x85EB)
        var bytes = CBOR.encode(datum(&random, depth: 0))
        for _ in 0..<random.next(below: 5) {
            Damage.allCases.randomElement(using: &random)?.apply(to: &bytes, page: 8, &random)
        }
        let what = "fuzz: bytes \(number) of seed \(seed)"
        if let read = try? CBOR.decode(bytes) {
            findings.count("bytes accepted")
            guard (try? CBOR.decode(CBOR.encode(read))) == read else { return findings.lose("\(what): CBOR changes") }
            guard holdsOnlyJSON(read) else { return }
            let line = JSONWriter.line(read)
            guard (try? JSONReader.read(line).datum) == read else {
                return findings.lose("\(what): JSON changes: \(line)")
            }
        }
    }

    /// Whether JSON has a form for all of a tree.
    private func holdsOnlyJSON(_ datum: Datum) -> Bool {
        switch datum {
        case .bytes: false
        // A whole number that is stored as a float comes back as an integer.
        case .number(let number): number.isFinite && number != number.rounded()
        case .array(let elements): elements.allSatisfy(holdsOnlyJSON)
        case .object(let object): object.members.allSatisfy { holdsOnlyJSON($0.value) }
        case .null, .bool, .integer, .string: true
        }
    }

    private func datum(_ random: inout SeededGenerator, depth: Int) -> Datum {
        switch random.next(below: depth < 4 ? 9 : 6) {
        case 0: return .null
        case 1: return .bool(random.next(below: 2) == 0)
        case 2: return .integer(Int64(truncatingIfNeeded: random.next() >> UInt64(random.next(below: 64))))
        case 3: return .number(Double(bitPattern: random.next()))
        case 4: return .string(["", "a", "é", "e\u{301}", "\u{0}", "😀", "\"\\\n"][random.next(below: 7)])
        case 5: return .bytes((0..<random.next(below: 6)).map { _ in UInt8(truncatingIfNeeded: random.next()) })
        case 6: return .array((0..<random.next(below: 5)).map { _ in datum(&random, depth: depth + 1) })
        default:
            var object = DatumObject()
            for key in 0..<random.next(below: 5) { object["k\(key)"] = datum(&random, depth: depth + 1) }
            return .object(object)
        }
    }
}

/// Files that may be taps.
private struct ImageCases {
    private let seed: UInt64
    private let folder: TemporaryFolder
    private let image: [UInt8]

    init(seed: UInt64) throws {
        self.seed = seed
        folder = try Files.folder()
        let path = folder["whole.tap"]
        try Tap.make(
            path, ScenarioPlayer.application(greeting: "whole"), by: Authorship(author: "ada", origin: "torture"))
        image = try Files.read(path)
    }

    func run(_ number: Int, _ findings: inout Findings) throws {
        findings.count("images")
        var random = SeededGenerator(seed: seed &+ UInt64(number) &* 0xC2B2)
        var bytes = image
        for _ in 0...random.next(below: 4) {
            // Small changes where the layout is: the header, the pages' heads and the statements of the schema.
            let page = random.next(below: 3) == 0 ? 4096 : 256
            Damage.allCases.randomElement(using: &random)?.apply(to: &bytes, page: page, &random)
        }
        for suffix in ["-wal", "-shm"] { unlink(folder["image.tap"] + suffix) }
        try Files.write(bytes, to: folder["image.tap"])
        switch TapReading.outcome(of: folder["image.tap"], for: random.next(below: 2) == 0 ? .reading : .writing) {
        case .wrongError(let error): findings.lose("fuzz: image \(number) of seed \(seed): \(error)")
        case .read: findings.count("images accepted")
        case .refused, .foundDamaged: break
        }
    }
}
