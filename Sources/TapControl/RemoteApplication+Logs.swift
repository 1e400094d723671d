import NIOCore
import NIOHTTP1
import NIOPosix
import TapData
package import TapLog

extension RemoteApplication {
    /// The newest events of its log, oldest first.
    package func logs(newest count: Int) async throws -> [RecentLog.Line] {
        try await ask("GET", "logs" + query(["lines": String(count)]))
    }

    /// Gives the newest events to `body` and then all others as they come, until there are no more or it answers false.
    ///
    /// Throws ``RemoteError`` when they are refused; that the application ends, however, is no error.
    func followLogs(newest count: Int, _ body: (RecentLog.Line) throws -> Bool) async throws {
        try await eachLine(of: "logs" + query(["follow": "true", "lines": String(count)])) { line in
            let datum: Datum
            do throws(SyntaxError) {
                datum = try JSONReader.read(line).datum
            } catch {
                throw unreadable(error)
            }
            return try body(DatumDecoder().decode(RecentLog.Line.self, from: datum))
        }
    }

    /// Reads an answer line by line as it comes, until it ends or `body` answers false.
    private func eachLine(of route: String, _ body: (String) throws -> Bool) async throws {
        do {
            try await connect { pipeline, channel in
                try NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>(
                    wrappingChannelSynchronously: channel)
            }
            .executeThenClose { inbound, outbound in
                try await outbound.write(contentsOf: request("GET", "/v1/" + route, ""))
                var isRefused = false
                var rest = ByteBuffer()
                for try await part in inbound {
                    switch part {
                    case .head(let head): isRefused = head.status.code >= 400
                    case .body(var bytes):
                        rest.writeBuffer(&bytes)
                        while !isRefused, let end = rest.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
                            let line = rest.readString(length: end - rest.readerIndex) ?? ""
                            rest.moveReaderIndex(forwardBy: 1)
                            guard try body(line) else { return }
                        }
                        rest.discardReadBytes()
                    case .end:
                        guard isRefused else { return }
                        throw try refusal(answer(rest))
                    }
                }
            }
        } catch let error where error is HTTPParserError || error is ChannelError || error is IOError {
            // The program was killed in the middle of it.
        }
    }
}
