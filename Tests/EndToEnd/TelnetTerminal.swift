import TapData
import TapTesting

/// Debian's telnet in a terminal, at which somebody types.
enum TelnetTerminal {
    /// Types an answer each time that something is seen, and reads on until the client ends.
    private static let script = """
        import fcntl, json, os, pty, select, struct, sys, termios
        port, steps = sys.argv[1], json.loads(sys.argv[2])
        process, terminal = pty.fork()
        if process == 0:
            os.environ["TERM"] = "xterm"
            os.execvp("telnet", ["telnet", "127.0.0.1", port])
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
        received = b""
        place = 0
        def read_more():
            global received
            if not select.select([terminal], [], [], 60)[0]:
                sys.exit("nothing came for a minute behind %r" % received)
            try:
                data = os.read(terminal, 65536)
            except OSError:
                return False
            received += data
            return bool(data)
        for expected, answer in steps:
            while (found := received.find(expected.encode(), place)) < 0:
                if not read_more():
                    sys.exit("the end came before %r, behind %r" % (expected, received))
            place = found + len(expected.encode())
            os.write(terminal, answer.encode())
        while read_more():
            pass
        os.waitpid(process, 0)
        sys.stdout.write(received.decode(errors="replace"))
        """

    /// What is seen until the client ends, which it does when the last answer makes it.
    static func talk(to port: Int, _ steps: [(seen: String, typed: String)]) async throws -> String {
        let words = Datum.array(steps.map { .array([.string($0.seen), .string($0.typed)]) })
        let outcome = try await Program.run("python3", ["-c", script, "\(port)", JSONWriter.line(words)], in: "/")
        guard outcome.status == 0 else { throw TestFailure("telnet: \(outcome.errors)") }
        return outcome.output
    }
}
