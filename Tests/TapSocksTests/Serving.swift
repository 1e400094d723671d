import Logging
import Synchronization
import TapNetwork
import TapSecrets
import TapTesting
import Taproom

@testable import TapSocks

/// Serves around a piece of a test.
func serving<Result>(
    state: TestState = TestState(), logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
    change: (inout SocksSettings) throws -> Void = { _ in }, _ body: (RunningService) async throws -> Result
) async throws -> Result {
    var settings = SocksSettings()
    try change(&settings)
    return try await withService(Socks.self, settings: settings, state: state, logger: logger, body)
}

/// The hash of `secret`, which takes a millisecond to check.
let quickHash = "$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"

extension SocksSettings {
    /// Lets only ada in, whose password is `secret`.
    mutating func addAda() throws { authenticate.users = ["ada": try UserPassword(hash: quickHash)] }
}

extension TestConnection {
    /// Asks in version 5, without a password, and answers with the number of the reply and its address.
    func ask(
        _ command: UInt8 = 1, _ host: String = "127.0.0.1", _ port: UInt16
    ) async throws -> (reply: UInt8, address: Destination) {
        try await send([5, 1, 0] + TestConnection.request(command, host, port))
        let method = try await receive(count: 2)
        guard method == [5, 0] else { throw TestFailure("the method is \(method)") }
        return try await receiveReply()
    }

    static func request(_ command: UInt8, _ host: String, _ port: UInt16) -> [UInt8] {
        [5, command, 0] + destination(host, port)
    }

    static func destination(_ host: String, _ port: UInt16) -> [UInt8] {
        let address = Network.bytes(host)
        let start: [UInt8] = address.map { [$0.count == 4 ? 1 : 4] } ?? [3, UInt8(host.utf8.count)]
        return start + (address ?? Array(host.utf8)) + [UInt8(port >> 8), UInt8(port & 255)]
    }

    func receiveReply() async throws -> (reply: UInt8, address: Destination) {
        let head = try await receive(count: 4)
        let address = try await receive(count: head[3] == 1 ? 4 : 16)
        let port = try await receive(count: 2)
        return (
            head[1], Destination(host: .address(address), port: UInt16(port[0]) << 8 | UInt16(port[1]))
        )
    }

    /// Sends some text through a tunnel to an ``EchoServer``, ends, and answers with all that comes back.
    func echoed(_ text: String) async throws -> String {
        try await send(text)
        try await finishSending()
        return String(decoding: try await receiveAll(), as: UTF8.self)
    }
}

/// Keeps what a service says.
final class RecordedLog: Sendable {
    private let lines = Mutex<[String]>([])

    var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }

    var text: String { lines.withLock { $0.joined(separator: "\n") } }

    private struct Handler: LogHandler {
        let log: RecordedLog
        var metadata = Logger.Metadata()
        var logLevel = Logger.Level.trace

        init(log: RecordedLog) { self.log = log }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            log.lines.withLock { $0.append("\(event.level): \(event.message) \(event.metadata ?? [:])") }
        }
    }
}
