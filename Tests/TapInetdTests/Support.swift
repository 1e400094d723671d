import TapTesting
import Taproom

@testable import TapInetd

/// An entry for words of the shell at a free port.
func entry(_ words: String, in folder: TemporaryFolder) -> InetdEntry {
    var entry = InetdEntry()
    entry.name = "test"
    entry.listen = [.tcp(port: 0)]
    entry.command = ["/bin/sh", "-c", words]
    entry.folder = folder.local
    return entry
}

/// Settings with some entries.
func settings(_ entries: InetdEntry...) -> InetdSettings {
    var settings = InetdSettings()
    settings.entries = entries
    return settings
}

/// An entry that answers itself.
func entry(_ word: InetdEntry.Internal, at endpoint: Endpoint = .tcp(port: 0)) -> InetdEntry {
    var entry = InetdEntry()
    (entry.internal, entry.listen) = (word, [endpoint])
    return entry
}

/// A UDP port that is free.
let datagrams = Endpoint(.udp(port: 0, interface: nil))

extension RunningService {
    /// What a real client gets that sends a text and then ends its side.
    func netcat(_ text: String, to index: Int = 0, _ options: String...) async throws -> String {
        guard case .tcp(let host, let port) = addresses[index] else { throw TestFailure("no TCP port") }
        let words = ["-c", "printf '%s' \"$0\" | ncat -w 60 \"$@\"", text] + options + [host, String(port)]
        return try await Program.run("sh", words, in: "/").output
    }

    /// What a real client gets for a datagram.
    func datagram(_ text: String, to index: Int = 0) async throws -> String {
        guard case .udp(let host, let port) = addresses[index] else { throw TestFailure("no UDP port") }
        let words = """
            import socket, sys
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.settimeout(1)
            for _ in range(60):
                s.sendto(sys.argv[3].encode(), (sys.argv[1], int(sys.argv[2])))
                try:
                    sys.stdout.write(s.recv(65536).decode("latin-1")); break
                except socket.timeout: pass
            """
        return try await Program.run("python3", ["-c", words, host, String(port), text], in: "/").output
    }
}
