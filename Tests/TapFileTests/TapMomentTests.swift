import Glibc
@testable import TapFile
import TapPages
import TapTesting
import Taproom
import Testing

@Suite(.timeLimit(.minutes(5))) struct TapMomentTests {
    private func text(of moment: TapMoment) throws -> String {
        var text: [UInt8] = []
        try moment.writeState { text += $0 }
        return String(decoding: text, as: UTF8.self)
    }

    @Test func aTapAtRestIsReadAsItIs() throws {
        try withTap(application(keeper("a"))) { path in
            let tap = try Tap(opening: path, for: .writing)
            try tap.set(1, of: "a")
            _ = try tap.snapshot("one")
            _ = try tap.change(to: application(keeper("a"), keeper("b")), status: .pending)
            try tap.commit { try tap.fail(3) }
            try tap.close()
            let moment = try TapMoment(path)
            #expect(moment.revision.snapshot == "one")
            #expect(moment.application == application(keeper("a")))
            #expect(try text(of: moment) == stateText(#"{"service":"a","cell":"count","version":1,"value":1}"#))
            // Nobody writes it meanwhile.
            guard case .inUse? = tapError({ try Tap.rekey(path, from: nil, to: "x") }) else {
                Issue.record("it could be written")
                return
            }
        }
    }

    @Test(arguments: [false, true]) func aRunningTapIsReadAtOnePoint(isReadSlowly: Bool) throws {
        try withTap(application(keeper("a"))) { path in
            let tap = try Tap(opening: path, for: .writing)
            try tap.set(1, of: "a")
            _ = try tap.snapshot("one")
            try tap.set(2, of: "a")
            let moment = try TapMoment(path, isReadSlowly: isReadSlowly)
            try tap.set(3, of: "a")
            _ = try tap.change(to: application(keeper("a"), keeper("b")))
            #expect(moment.revision.snapshot == "one")
            #expect(moment.application == application(keeper("a")))
            #expect(try text(of: moment) == stateText(#"{"service":"a","cell":"count","version":1,"value":2}"#))
            let files = try names(in: String(path.dropLast("/site.tap".count)))
            #expect(files.filter { !$0.hasPrefix("site.tap-") } == ["site.tap"])
            try tap.close()
        }
    }

    @Test func anEncryptedTapNeedsItsPassphrase() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/site.tap"
            try Tap.make(path, application(keeper("a")), passphrase: "open", by: ada)
            #expect(tapError { _ = try TapMoment(path) } == .sealed(.passphraseNeeded(path)))
            #expect(try text(of: TapMoment(path, passphrase: "open")) == stateText())
            let tap = try Tap(opening: path, for: .writing, passphrase: "open")
            for isReadSlowly in [false, true] {
                #expect(tapError { _ = try TapMoment(path, isReadSlowly: isReadSlowly) } != nil)
                let moment = try TapMoment(path, passphrase: "open", isReadSlowly: isReadSlowly)
                #expect(try text(of: moment) == stateText())
            }
            try tap.close()
        }
    }

    @Test func theFileOfTheStateIsThereCompletelyOrNotAtAll() throws {
        try withTap(application(keeper("a"))) { path in
            let tap = try Tap(opening: path, for: .writing)
            try tap.set(1, of: "a")
            let file = path + ".state"
            let expected = try stateText(of: tap)
            #expect(try TapMoment(path).writeState(toFile: file, replacing: false) == 1)
            #expect(try bytes(of: file) == Array(expected.utf8))
            var status = stat()
            #expect(stat(file, &status) == 0 && status.st_mode & 0o777 == 0o600)
            #expect(
                tapError { try TapMoment(path).writeState(toFile: file, replacing: false) } == .exists(path: file))
            var unreadable = try tap.address("a", "one")
            unreadable.cell = "one"
            try tap.commit { try tap.setState(unreadable, StoredValue(version: 1, bytes: [0xFF])) }
            #expect(tapError { try TapMoment(path).writeState(toFile: file, replacing: true) } != nil)
            #expect(try bytes(of: file) == Array(expected.utf8))
            #expect(try names(in: String(path.dropLast("/site.tap".count))).filter { $0.hasPrefix(".") } == [])
            try tap.close()
        }
    }
}
