import ArgumentParser
import Glibc
import TapControl
import TapLog
import TapRunner
import Taproom

extension Tapctl {
    struct Logs: Verb {
        static let configuration = CommandConfiguration(
            abstract: "Print the newest lines of the log of a running application.",
            usage: "tapctl logs [TAP] [-f] [-n N] [--json]")
        @OptionGroup var target: Target
        @Flag(name: .shortAndLong, help: "Go on with the lines that come, until the application ends.")
        var follow = false
        @Option(name: [.customShort("n"), .long], help: "How many lines, from 0 to 1000.")
        var lines = ControlRoutes.usualLines

        func perform(_ invocation: Invocation) throws -> ExitStatus {
            let tap = try target.resolve(atMost: 0, invocation).tap
            guard (0...RecentLog.capacity).contains(lines) else {
                throw UsageError(
                    problem: "--lines must be a number from 0 to \(RecentLog.capacity), but is \(lines)",
                    help: "logs --help")
            }
            if let inside = invocation.inside {
                try inside.printLogs(newest: lines, isFollowing: follow, isJSON: target.json, invocation)
                return .done
            }
            let socket = target.control ?? ControlSocket.path(forTap: tap)
            let (lines, isFollowing, isJSON) = (lines, follow, target.json)
            let style: TextStyle = TextStyle(for: STDOUT_FILENO) == .coloured ? .coloured : .plain
            let text = { @Sendable (line: RecentLog.Line) in
                Logs.text(line, isJSON: isJSON, style)
            }
            try Blocking.run {
                guard isFollowing else {
                    guard let running = try RemoteApplication(socket: socket) else {
                        throw ControlError.logsOfNothing(tap: tap)
                    }
                    invocation.console.print(try await running.logs(newest: lines).map(text).joined())
                    return
                }
                var follower = LogFollower(socket: socket)
                let isThere = try await follower.follow(newest: lines) { event in
                    switch event {
                    case .line(let line): return invocation.console.print(text(line))
                    case .missed(let count):
                        invocation.console.complain("tapctl: \(count) lines came too fast and are left out.\n")
                        return true
                    }
                }
                if !isThere { throw ControlError.logsOfNothing(tap: tap) }
            }
            return .done
        }

        static func text(_ line: RecentLog.Line, isJSON: Bool, _ style: TextStyle) -> String {
            (isJSON ? line.json : LogFormat.text(line.record, style)) + "\n"
        }
    }
}
