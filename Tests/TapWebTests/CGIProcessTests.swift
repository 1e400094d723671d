import Logging
import Glibc
import NIOCore
import TapTesting
import Taproom
import Testing

@testable import TapWeb

private func talk(
    _ folder: TemporaryFolder, _ log: RecordedLog = RecordedLog(), change: (inout CGISettings) -> Void = { _ in }
) async throws -> (ProgramTalk, CGIPrograms) {
    var settings = CGISettings()
    settings.folder = folder.local
    change(&settings)
    let programs = try CGIPrograms(settings, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    return (try await ProgramTalk { CGISource(programs, loop: $0, logger: log.logger) }, programs)
}

/// Writes the numbers of the program and of a child of it into files, and only then what it is told; then waits for ever.
private func forever(_ command: String = ":") -> String {
    """
    sleep 1000 >/dev/null 2>&1 &
    echo $! >child.tmp; mv child.tmp child; echo $$ >leader.tmp; mv leader.tmp leader
    \(command)
    wait

    """
}

@Suite(.timeLimit(.minutes(2)))
struct CGIProcessTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func endsAProgramThatIsSilent() async throws {
        try folder.writeProgram(forever(), to: "hang")
        let log = RecordedLog()
        let (talk, _) = try await talk(folder, log) { $0.timeout = TimeSpan(seconds: 2) }
        let answer = try await talk.get("/cgi-bin/hang")
        #expect(answer.ending == .failed(504))
        #expect(log.text.contains("silent for too long"))
        await isGone(folder.number(in: "leader"))
        await hasEnded(folder.number(in: "child"))
    }

    @Test func killsAProgramThatDoesNotWantToEnd() async throws {
        try folder.writeProgram("trap '' TERM\n" + forever() + "while :; do sleep 1000; done", to: "hang")
        let (talk, _) = try await talk(folder) { $0.timeout = TimeSpan(seconds: 2) }
        #expect(try await talk.get("/cgi-bin/hang").ending == .failed(504))
        await isGone(folder.number(in: "leader"))
        await hasEnded(folder.number(in: "child"))
    }

    @Test func breaksOffAnAnswerThatStops() async throws {
        try folder.writeProgram(forever("printf 'Content-Type: a/b\\n\\nsome'"), to: "hang")
        let (talk, _) = try await talk(folder) { $0.timeout = TimeSpan(seconds: 2) }
        let answer = try await talk.get("/cgi-bin/hang")
        #expect(answer.status == 200)
        #expect(answer.text == "some")
        #expect(answer.ending == .failed(504))
        await isGone(folder.number(in: "leader"))
    }

    @Test func endsAProgramWhoseClientIsGone() async throws {
        try folder.writeProgram(forever("printf 'Content-Type: a/b\\n\\nsome'"), to: "hang")
        let (talk, _) = try await talk(folder)
        let answer = try await talk.ask("GET /cgi-bin/hang HTTP/1.1\r\nHost: a\r\n") { stream in
            stream.sent = { if $0.answer.body.readableBytes > 0 { $0.leave() } }
        }
        #expect(answer.ending == .cancelled)
        await isGone(folder.number(in: "leader"))
        await hasEnded(folder.number(in: "child"))
    }

    @Test func leavesNothingBehindThatAProgramHasStarted() async throws {
        try folder.writeProgram(
            "printf 'Content-Type: a/b\\n\\n'\nsleep 1000 & echo $! >child.tmp; mv child.tmp child; echo $$ >leader\n",
            to: "leave")
        let (talk, _) = try await talk(folder)
        #expect(try await talk.get("/cgi-bin/leave").ending == .finished)
        await isGone(folder.number(in: "leader"))
        await hasEnded(folder.number(in: "child"))
    }

    @Test func finishesWhenAProgramClosesItsOutputAndWorksOn() async throws {
        try folder.writeProgram(forever("printf 'Content-Type: a/b\\n\\nall'; exec >&- 2>&-"), to: "work")
        let (talk, _) = try await talk(folder) { $0.timeout = TimeSpan(seconds: 3) }
        let answer = try await talk.get("/cgi-bin/work")
        #expect(answer.ending == .finished)
        #expect(answer.text == "all")
        await isGone(folder.number(in: "leader"))
    }

    @Test func waitsForATurnAndRefusesTheRest() async throws {
        try folder.writeProgram(
            "while ! [ -e go ]; do sleep 0.01; done; printf 'Content-Type: a/b\\n\\nok'", to: "wait")
        let (talk, programs) = try await talk(folder) { $0.programs = 1 }
        async let first = talk.get("/cgi-bin/wait")
        while programs.slots.figures.free > 0, !Task.isCancelled { await Task.yield() }
        async let second = talk.get("/cgi-bin/wait")
        while programs.slots.figures.waiting == 0, !Task.isCancelled { await Task.yield() }
        let third = try await talk.get("/cgi-bin/wait")
        #expect(third.status == 503)
        #expect(third.fields["retry-after"] == "5")
        try folder.write("", to: "go")
        #expect(try await first.text == "ok")
        #expect(try await second.text == "ok")
        while programs.slots.figures.free == 0, !Task.isCancelled { await Task.yield() }
    }

    @Test func whoLeavesWhileWaitingTakesNoTurn() async throws {
        try folder.writeProgram(
            "while ! [ -e go ]; do sleep 0.01; done; printf 'Content-Type: a/b\\n\\nok'", to: "wait")
        let (talk, programs) = try await talk(folder) { $0.programs = 1 }
        async let first = talk.get("/cgi-bin/wait")
        while programs.slots.figures.free > 0, !Task.isCancelled { await Task.yield() }
        let second = try await talk.ask("GET /cgi-bin/wait HTTP/1.1\r\nHost: a\r\n") { stream in
            let bound = NIOLoopBound(stream, eventLoop: stream.eventLoop)
            stream.eventLoop.execute { bound.value.leave() }
        }
        #expect(second.ending == .cancelled)
        #expect(programs.slots.figures.waiting == 0)
        try folder.write("", to: "go")
        #expect(try await first.text == "ok")
    }

    @Test func limitsMemory() async throws {
        try folder.writeProgram(
            "printf 'Content-Type: a/b\\n\\n'\nulimit -v; ulimit -t; ulimit -c; ulimit -n", to: "show")
        let (talk, _) = try await talk(folder) {
            $0.memory = ByteCount(bytes: 1 << 30)
            $0.processor = TimeSpan(seconds: 7)
        }
        let limits = try await talk.get("/cgi-bin/show").text
        #expect(limits == "1048576\n7\n0\n1024\n")
    }

    @Test func givesAProgramNoOtherDescriptors() async throws {
        try folder.writeProgram(
            "printf 'Content-Type: a/b\\n\\n'\nfor n in /proc/self/fd/*; do echo ${n##*/}; done; trap\n", to: "show")
        // One that a library forgot to mark.
        let careless = fcntl(0, F_DUPFD, 900)
        defer { close(careless) }
        let (talk, _) = try await talk(folder)
        let open = try await talk.get("/cgi-bin/show").text.split(separator: "\n").compactMap { Int($0) }
        // The shell has the folder open while it lists it, and the script.
        #expect(open.sorted().starts(with: [0, 1, 2]))
        #expect(open.count <= 5)
        #expect(!open.contains(Int(careless)))
    }

    @Test func pathsLeadToProgramsOnly() async throws {
        let outside = try TemporaryFolder()
        try outside.writeProgram("printf 'Content-Type: a/b\\n\\nescaped'", to: "evil")
        for name in ["good", "sub/good", ".hidden", "sub/.hidden/good"] {
            try folder.writeProgram("printf 'Content-Type: a/b\\n\\nran'; printf %s \"$PATH_INFO\"", to: name)
        }
        try folder.write("data", to: "data.txt")
        try folder.link("link", to: outside["evil"])
        try folder.link("inner", to: "sub/good")
        mkfifo(folder["fifo"], 0o755)
        let (talk, _) = try await talk(folder)
        #expect(try await talk.get("/cgi-bin/good").text == "ran")
        #expect(try await talk.get("/cgi-bin/good/").text == "ran/")
        #expect(try await talk.get("/cgi-bin/x/../good").text == "ran")
        #expect(try await talk.get("/cgi-bin/sub/good/a/../b").text == "ran/b")
        #expect(try await talk.get("/cgi-bin/inner").text == "ran")
        #expect(try await talk.get("/cgi-bin/good/.hidden").text == "ran/.hidden")
        #expect(try await talk.get("/cgi-bin/data.txt").ending == .failed(403))
        for target in [
            "/cgi-bin", "/cgi-bin/", "/cgi-bin/sub", "/cgi-bin/sub/", "/cgi-bin/none", "/cgi-bin/.hidden",
            "/cgi-bin/fifo",
            "/cgi-bin/sub/.hidden/good", "/cgi-bin/link", "/cgi-bin/%2e%2e%5cgood",
        ] { #expect(try await talk.get(target).ending == .failed(404), "\(target)") }
    }

    @Test func runsFilesWithInterpreters() async throws {
        try folder.write("printf 'Content-Type: a/b\\n\\n'; echo \"$0 $# $REDIRECT_STATUS\"", to: "script.hello")
        let (talk, _) = try await talk(folder) { $0.interpreters = ["hello": LocalPath("/bin/sh")] }
        #expect(try await talk.get("/cgi-bin/script.hello?a+b").text == "\(folder["script.hello"]) 0 200\n")
    }

    @Test func oneProgramAnswersEverything() async throws {
        try folder.writeProgram("printf 'Content-Type: a/b\\n\\n'; echo \"$SCRIPT_NAME $PATH_INFO\"", to: "all")
        let (talk, _) = try await talk(folder) {
            $0.folder = nil
            $0.program = LocalPath(folder["all"])
        }
        #expect(try await talk.get("/git/a/b").text == "/git /a/b\n")
        #expect(try await talk.get("/git").text == "/git \n")
        #expect(try await talk.get("/git/").text == "/git /\n")
    }

    @Test func saysWhyAProgramCanNotBeStarted() async throws {
        try folder.write("#!/nowhere/interpreter\n", to: "broken")
        chmod(folder["broken"], 0o755)
        let log = RecordedLog()
        let (talk, programs) = try await talk(folder, log)
        #expect(try await talk.get("/cgi-bin/broken").ending == .failed(500))
        #expect(log.text.contains("cannot execute \(folder["broken"]): no such file or directory"))
        while programs.slots.figures.free == 0, !Task.isCancelled { await Task.yield() }
    }

    @Test func aFolderThatIsMissingIsAnError() throws {
        var settings = CGISettings()
        settings.folder = LocalPath(folder["none"])
        #expect(throws: ProgramFolderError(path: folder["none"], code: ENOENT)) {
            try CGIPrograms(settings, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        }
    }
}
