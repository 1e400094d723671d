import Logging
@testable import TapFile
@testable import Taproom
import Testing

/// What two generations of a service remember together while one takes the place of the other.
extension WriterTests {
    /// Opens a cell as a service does: one that another has open already is the same.
    private func share<Durability>(
        _ cell: Cell<Int, Durability>, _ writer: TapWriter
    ) async throws -> StoredCell<Int, Durability> {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return try await ServiceContext(name: "web", logger: logger, listeners: [], identity: 1, store: writer)
            .open(cell)
    }

    @Test func whatTwoRememberIsForgottenWithTheLastOfThem() async throws {
        try await withWriter { writer in
            writer.claim(service: 1)
            let first = try await share(WriterTests.late, writer)
            first.update { $0 = 1 }
            writer.claim(service: 1)
            try await writer.release(service: 1)
            #expect(try await writer.perform { try $0.number(cell: "late") } == 1)
            let second = try await share(WriterTests.late, writer)
            #expect(first === second)
            second.update { $0 = 2 }
            try await writer.commit { _ in }
            #expect(try await writer.perform { try $0.number(cell: "late") } == 2)
            second.update { $0 = 3 }
            try await writer.release(service: 1)
            second.update { $0 = 4 }
            #expect(try await share(WriterTests.late, writer) !== second)
        } then: { tap in
            try #expect(tap.number(cell: "late") == 3)
        }
    }

    @Test func oneThatCannotBeMadeTakesNothingFromTheOther() async throws {
        try await withWriter { writer in
            writer.claim(service: 1)
            let cell = try await share(WriterTests.late, writer)
            writer.claim(service: 1)
            writer.discard(service: 1)
            cell.update { $0 = 1 }
        } then: { tap in
            try #expect(tap.number(cell: "late") == 1)
        }
    }

    /// A release has to wait for the thread of the tap; who comes meanwhile finds the cells, and keeps them.
    @Test func whoComesWhileAnotherIsReleasedKeepsTheCells() async throws {
        try await withWriter { writer in
            writer.claim(service: 1)
            let old = try await share(WriterTests.late, writer)
            old.update { $0 = 1 }
            let gate = Gate()
            defer { gate.open() }
            async let blocking: Void = writer.perform { _ in gate.wait() }
            try await eventually { gate.isReached }
            async let released: Void = writer.release(service: 1)
            try await eventually { writer.condition.waiting == 1 }
            writer.claim(service: 1)
            let new = try await share(WriterTests.late, writer)
            gate.open()
            _ = try await (blocking, released)
            #expect(new === old)
            new.update { $0 += 4 }
        } then: { tap in
            try #expect(tap.number(cell: "late") == 5)
        }
    }

    @Test func whatIsForgottenIsNotStoredAlsoWhileItIsUsed() async throws {
        try await withWriter { writer in
            writer.claim(service: 1)
            let (late, count) = (
                try await share(WriterTests.late, writer), try await share(WriterTests.count, writer)
            )
            late.update { $0 = 1 }
            writer.forget(service: 1)
            late.update { $0 = 2 }
            try await writer.commit { _ in }
            // What was promised to be on disk is.
            try await count.update { $0 = 3 }
            try await writer.release(service: 1)
        } then: { tap in
            try #expect(tap.number(cell: "late") == nil)
            try #expect(tap.number() == 3)
        }
    }
}
