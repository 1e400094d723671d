import Glibc
import TapData
import TapTesting
import Testing

/// Programs of people's own as kinds: what they are given, what they say, and what they get wrong.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct ForeignProgramTests {
    private let bench: Bench
    private let kinds: TemporaryFolder

    init() throws {
        kinds = try TemporaryFolder()
        bench = try Bench(environment: ["TAPROOM_KINDS": "/nowhere:\(kinds.path)"])
    }

    /// Writes a kind whose program is in Python.
    private func write(_ word: String, _ manifest: String, program: String) throws {
        try kinds.write("#!/usr/bin/env python3\n" + program, to: "\(word).py")
        chmod(kinds["\(word).py"], 0o755)
        let head = "taproom-kind: 1\nword: \(word)\nsummary: Does something.\nprogram: \(word).py\n"
        try kinds.write(head + manifest, to: "\(word).yaml")
    }

    private let listen =
        "  listen: {type: endpoint, default: 'tcp:0:interface=127.0.0.1', meaning: Where it listens.}\n"

    @Test func aProgramThatKnowsNothingOfTaproomServes() async throws {
        try write(
            "plain",
            "protocol: none\nblocking: true\narguments: [--name, '{name}', '{more}']\nenvironment: {NAME: 'is {name}'}\n"
                + "settings:\n\(listen)  name: {default: x, meaning: Who.}\n  more: {list: true, meaning: More.}\n",
            program: """
                import os, socket, sys
                assert os.environ["LISTEN_PID"] == str(os.getpid())
                assert os.environ["LISTEN_FDS"] == "1" and os.environ["LISTEN_FDNAMES"] == "listen"
                print("ready", file=sys.stderr, flush=True)
                while True:
                    client, _ = socket.socket(fileno=os.dup(3)).accept()
                    client.sendall((" ".join(sys.argv[1:]) + ", " + os.environ["NAME"]).encode())
                    client.close()
                """)
        try await bench.done("mktap", "plain", "--name", "Ada", "--more", "a", "--more", "b")
        let served = try await bench.serve("-f", "plain.tap")
        #expect(try await ForeignKinds.line(served.port) == "--name Ada a b, is Ada")
        let changed = try await bench.done("tapctl", "set", "plain.tap", "plain.name=Eve")
        #expect(changed.contains("plain: restart"))
        #expect(try await ForeignKinds.line(served.port) == "--name Eve a b, is Eve")
        let end = try await served.stop()
        #expect(end.status == 0)
        #expect(end.output.contains("notice: output service=plain stream=stderr text=ready"))
    }

    @Test func aSecretIsHandedOverAndNotKept() async throws {
        try write(
            "vault", "settings:\n  token: {type: secret, meaning: The token.}\n",
            program: """
                import json, os, socket
                control = socket.socket(fileno=int(os.environ["TAPROOM_CONTROL_FD"])).makefile("rw")
                hello = json.loads(control.readline())["hello"]
                print(json.dumps({"log": "told", "level": "notice", "fields": {"length": len(hello["settings"]["token"])}}), file=control)
                print(json.dumps({"ready": True}), file=control, flush=True)
                control.readline()
                """)
        try bench.folder.write("open sesame\n", to: "token")
        chmod(bench.folder["token"], 0o600)
        try await bench.done("mktap", "vault", "--token", "file:token")
        let served = try await bench.serve("-f", "vault.tap")
        let end = try await served.stop()
        #expect(end.output.contains("notice: told length=11 service=vault"))
        #expect(!end.output.contains("sesame"))
        #expect(try await bench.done("tapctl", "export", "vault.tap").contains("token: file:\(bench.folder["token"])"))
    }

    @Test(
        arguments: [
            ("import sys\nsys.exit(3)", "", "ended with the status 3"),
            ("", "", "ended before it was ready"),
            ("import os\nos.kill(os.getpid(), 11)", "", "was ended by the signal 11"),
            ("import time\ntime.sleep(600)", "startLimit: 300ms\n", "was not ready within 300ms"),
            (
                "import os\nos.write(int(os.environ['TAPROOM_CONTROL_FD']), b'hello\\n')\nimport time\ntime.sleep(600)",
                "", "said what is no message: is no JSON: 1:1: "
            ),
        ])
    func aProgramThatFailsIsAFailedStart(_ program: String, _ manifest: String, _ problem: String) async throws {
        try write("failing", manifest, program: program)
        try await bench.done("mktap", "failing")
        let outcome = try await bench.run("tapd", "-f", "failing.tap")
        #expect(outcome.status == 69)
        #expect(
            outcome.errors.hasPrefix("tapd: service \"failing\": the program \(kinds["failing.py"]) \(problem)"),
            "\(outcome.errors)")
    }

    @Test func stateIsMigratedByTheStepsOfANewManifest() async throws {
        func write(_ state: String, _ change: String) throws {
            try self.write(
                "tally", "state:\n  tally: \(state)\n",
                program: """
                    import json, os, socket
                    control = socket.socket(fileno=int(os.environ["TAPROOM_CONTROL_FD"])).makefile("rw")
                    def say(message): print(json.dumps(message), file=control, flush=True)
                    hello = json.loads(control.readline())["hello"]
                    say({"id": 1, "change": [{"cell": "tally", \(change)}]})
                    answer = json.loads(control.readline())
                    say({"log": json.dumps([hello["state"]["tally"], answer["values"]]), "level": "notice"})
                    say({"ready": True})
                    control.readline()
                    """)
        }
        func log() async throws -> String {
            let end = try await bench.serve("-f", "tally.tap").stop()
            #expect(end.status == 0, "\(end.errors)")
            return end.output
        }
        try write("{initial: 5}", #""add": 1"#)
        try await bench.done("mktap", "tally")
        #expect(try await log().contains("notice: [5, [6]]"))
        try write("{migrations: [{wrap: count}]}", #""set": {"count": 9}"#)
        let second = try await log()
        #expect(second.contains("notice: migrated what="))
        #expect(second.contains(#"[{"count": 6}, [{"count": 9}]]"#))
        // The manifest of the first version does not take what the second has stored.
        try write("{initial: 5}", #""add": 1"#)
        let refused = try await bench.run("tapd", "-f", "tally.tap")
        #expect(refused.status == 65)
        #expect(refused.errors.contains("is stored in version 2, and this program reads version 1"))
    }
}
