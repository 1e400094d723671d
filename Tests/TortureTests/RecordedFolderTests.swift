import Glibc
import TapTesting
import TapTorture
import Testing

/// What a disk may hold, by what was asked of it.
struct RecordedFolderTests {
    private var folder = RecordedFolder()

    private mutating func open(_ name: String, as file: Int) {
        folder.follow(.init(.create, file: file, flags: UInt32(O_CREAT | O_RDWR), name: name))
    }

    private mutating func write(_ text: String, to file: Int, at offset: Int = 0) {
        folder.follow(.init(.write, file: file, offset: offset, data: Array(text.utf8)))
    }

    private mutating func synchronize(_ file: Int, failure: CInt = 0) {
        folder.follow(.init(.synchronize, failure: failure, file: file))
    }

    private mutating func synchronizeFolder() {
        folder.follow(.init(.openForReading, file: 9, name: ""))
        synchronize(9)
    }

    private func states(_ count: Int = 1000) -> Set<FolderContent> {
        var random = SeededGenerator(seed: 1)
        return Set((0..<count).map { _ in folder.torn(&random) })
    }

    @Test mutating func aNewFileIsThereWhenItAndItsFolderWereSynced() {
        open("a", as: 3)
        write("text", to: 3)
        #expect(folder.current == ["a": Array("text".utf8)])
        #expect(folder.synchronized == [:])
        synchronize(3)
        #expect(folder.synchronized == [:])
        synchronizeFolder()
        #expect(folder.synchronized == ["a": Array("text".utf8)])
        #expect(states() == [folder.current])
    }

    @Test mutating func whatWasNotSyncedMayBeThereInPart() {
        folder = RecordedFolder(["a": Array("........".utf8)])
        open("a", as: 3)
        write("12", to: 3)
        write("34", to: 3, at: 4)
        let found = Set(states().compactMap { $0["a"].map { String(decoding: $0, as: UTF8.self) } })
        // Both, one of them, none, and each of them torn.
        #expect(found.isSuperset(of: ["12..34..", "12......", "....34..", "........", "1.......", ".2......"]))
        synchronize(3)
        #expect(states() == [folder.current])
    }

    @Test mutating func aWriteOfManySectorsIsTornBetweenThem() {
        folder = RecordedFolder(["a": [UInt8](repeating: 0, count: 1536)])
        open("a", as: 3)
        folder.follow(.init(.write, file: 3, data: [UInt8](repeating: 1, count: 1536)))
        let sectors = states().compactMap { state in
            state["a"].map { bytes in [0, 512, 1024].map { Array(bytes[$0..<$0 + 512]) } }
        }
        #expect(sectors.contains { $0[0].allSatisfy { $0 == 0 } && $0[1].allSatisfy { $0 == 1 } })
        #expect(sectors.contains { $0[0].allSatisfy { $0 == 1 } && $0[2].allSatisfy { $0 == 0 } })
    }

    @Test mutating func aSyncThatFailedSaysNothingAndLaterOnesDoNotMakeUpForIt() {
        folder = RecordedFolder(["a": Array("....".utf8)])
        open("a", as: 3)
        write("1", to: 3)
        synchronize(3, failure: EIO)
        write("2", to: 3, at: 1)
        synchronize(3)
        #expect(folder.synchronized == ["a": Array(".2..".utf8)])
        #expect(states() == [["a": Array(".2..".utf8)], ["a": Array("12..".utf8)]])
    }

    @Test mutating func namesChangeInTheirOrder() {
        folder = RecordedFolder(["a": [1], "b": [2]])
        folder.follow(.init(.unlink, name: "a"))
        folder.follow(.init(.rename, name: "b", otherName: "c"))
        #expect(folder.current == ["c": [2]])
        #expect(states() == [["a": [1], "b": [2]], ["b": [2]], ["c": [2]]])
        synchronizeFolder()
        #expect(states() == [["c": [2]]])
    }

    @Test mutating func whatFailedDidNotHappen() {
        folder.follow(.init(.create, failure: ENOSPC, file: -1, name: "a"))
        #expect(folder.current == [:])
    }
}
