import Glibc
import TapTesting
import Testing

/// A disk without room: nothing that was acknowledged is lost, and everything goes on when there is room again.
@Suite(.serialized, .timeLimit(.minutes(5)), .enabled(if: geteuid() == 0))
struct FullDiskTests {
    /// A program that does all of it in a mount namespace of its own, so that the small disk is nobody else's.
    private static let script = """
        set -eu
        mount -t tmpfs -o size=200k tmpfs "$PWD"; cd "$PWD"
        fibonacci mktap fibonacci --listen tcp:0:interface=127.0.0.1
        mkfifo log; fibonacci tapd -f fibonacci.tap > log & tapd=$!
        read -r line < log; exec 3< log
        port=$(echo "$line" | sed 's/.*tcp:\\([0-9]*\\).*/\\1/')
        number() { python3 -c "import socket; print(socket.create_connection(('127.0.0.1', $port)).recv(99).decode().strip() or 'none')"; }
        number; number; number; number
        dd if=/dev/zero of=fill bs=1k 2> /dev/null || true
        number; number
        fibonacci tapctl snapshot fibonacci.tap full 2>&1 || echo "status $?"
        fibonacci mktap --output other.tap fibonacci 2>&1 || echo "status $?"
        rm fill
        number
        kill $tapd; wait $tapd; echo "stopped $?"
        fibonacci tapctl verify fibonacci.tap
        rm log; ls
        """

    @Test func losesNothingAndGoesOn() async throws {
        let bench = try Bench(program: "fibonacci")
        let path = "\(Bench.programs):" + (getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin")
        let words = ["--mount", "--propagation", "private", "sh", "-c", Self.script]
        let outcome = try await Program.run("unshare", words, in: bench.folder.path, environment: ["PATH": path])
        #expect(
            outcome.output == """
                fibonacci.tap: fibonacci on tcp:0:interface=127.0.0.1. Run it with: fibonacci tapd -f fibonacci.tap
                0
                1
                1
                2
                none
                none
                tapctl: fibonacci.tap: cannot be read or written: database or disk is full. \
                Make room on the disk; nothing that was acknowledged is lost.
                status 74
                mktap: other.tap: cannot be made: no space left on device. Choose another place (mktap: --output).
                status 73
                3
                stopped 0
                fibonacci.tap: no problems found
                fibonacci.tap

                """)
    }
}
