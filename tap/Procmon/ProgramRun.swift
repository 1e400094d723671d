import Glibc
import Logging
import NIOCore
import TapProcess
import Taproom

/// One life of a program: its process, and what it writes.
///
/// Used on its event loop. It is over when the process has ended and nothing comes from it any more.
final class ProgramRun {
    /// How long output is waited for after the end: what has left the group can hold the pipes for as long as it likes.
    private static let afterwards = TimeAmount.seconds(1)

    private let loop: any EventLoop
    private let figures: ProgramFigures
    private var output: OutputLog
    private var errors: OutputLog
    private var readers: [PipeReader] = []
    private var child: ChildProcess?
    private var killing: Scheduled<Void>?
    private var hasEnded = false
    /// How many of the readers still read.
    private var reading = 0

    init(_ logger: Logger, _ limits: OutputLog.Limits, _ figures: ProgramFigures, on loop: any EventLoop) {
        (self.loop, self.figures) = (loop, figures)
        output = OutputLog(logger, .info, "standard output", limits)
        errors = OutputLog(logger, .warning, "standard error", limits)
    }

    /// Starts the program.
    ///
    /// - Parameters:
    ///   - program: the program and its folder.
    ///   - started: called on the event loop with its number.
    ///   - ended: called on the event loop, once.
    /// - Throws: ``SystemCallError``; `ended` is not called then.
    func start(
        _ program: PreparedProgram, started: @escaping (Int32) -> Void, ended: @escaping (ChildEnding) -> Void
    ) throws(SystemCallError) {
        let folder = ChildFiles.open(folder: Array(program.folder.utf8))
        guard folder >= 0 else { throw SystemCallError("work in the folder \(program.folder)") }
        var opened = [folder]
        do throws(SystemCallError) {
            let input = try ChildFiles.openNothing()
            opened.append(input)
            let output = try Pipe()
            opened += [output.writing, output.reading]
            let errors = try Pipe()
            read(output) { [self] in self.output.take($0, at: loop.now) }
            read(errors) { [self] in self.errors.take($0, at: loop.now) }
            start(program.program, ChildFiles(folder: folder, [input, output.writing, errors.writing]), started, ended)
        } catch {
            for descriptor in opened { close(descriptor) }
            throw error
        }
    }

    private func start(
        _ program: ChildProgram, _ files: ChildFiles, _ started: @escaping (Int32) -> Void,
        _ ended: @escaping (ChildEnding) -> Void
    ) {
        let bound = NIOLoopBound((run: self, started: started, ended: ended), eventLoop: loop)
        child = ChildProcess.start(program, files) { [loop] process in
            loop.execute { bound.value.started(process) }
        } whenOver: { [loop] ending in
            loop.execute {
                bound.value.run.end()
                bound.value.ended(ending)
            }
        }
    }

    private func read(_ pipe: Pipe, _ received: @escaping (ByteBuffer) -> Void) {
        let reader = PipeReader(received: received) { [self] in
            reading -= 1
            if hasEnded { conclude() }
        }
        readers.append(reader)
        reading += 1
        pipe.read(on: loop, reader)
    }

    private func end() {
        killing?.cancel()
        killing = nil
        child = nil
        hasEnded = true
        conclude()
        loop.assumeIsolated().scheduleTask(in: ProgramRun.afterwards) { [self] in conclude(atOnce: true) }
    }

    private func conclude(atOnce: Bool = false) {
        guard !readers.isEmpty, reading == 0 || atOnce else { return }
        for reader in readers { reader.close() }
        readers = []
        output.end(at: loop.now)
        errors.end(at: loop.now)
        figures.note(output, errors)
    }

    /// Asks the program to end, and kills it with all it has started when it takes too long.
    func stop(_ signal: CInt, within limit: TimeAmount) {
        guard let child, killing == nil else { return }
        child.signal(signal)
        killing = loop.assumeIsolated().scheduleTask(in: limit) { child.signal(SIGKILL) }
    }

    /// Ends it at once.
    func kill() { child?.signal(SIGKILL) }
}
