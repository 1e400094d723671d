import Glibc
import TapData
import TapProcess
import Taproom

extension Manifest {
    /// The command that starts the program for a service.
    ///
    /// - Parameters:
    ///   - service: the path of the service.
    ///   - sockets: the keys of its sockets, in their order.
    ///   - stored: its full settings; arguments can be seen by everybody, so references to secrets stay what they are there.
    ///   - resolved: the same with secrets.
    /// - Returns: what is started.
    func command(service: String, sockets: [String], stored: DatumObject, resolved: DatumObject) -> ChildProgram {
        var environment = ProgramEnvironment()
        environment["TAPROOM_SERVICE"] = service
        environment["TAPROOM_KIND"] = word
        if speech == .taproom {
            environment["TAPROOM_CONTROL_FD"] = String(ForeignFiles.firstSocket + sockets.count)
        }
        for (name, value) in self.environment {
            environment[name] = value.texts { settings.value(of: $0, in: resolved) }.joined(separator: ",")
        }
        let words = arguments.flatMap { $0.texts { settings.value(of: $0, in: stored) } }
        guard !sockets.isEmpty else {
            return ChildProgram(
                path: Array(program.utf8), arguments: ([program] + words).map { Array($0.utf8) },
                environment: environment.lines)
        }
        environment["LISTEN_FDS"] = String(sockets.count)
        environment["LISTEN_FDNAMES"] = sockets.joined(separator: ":")
        // Programs look whether the sockets are for them, by the number of their process (sd_listen_fds(3)), which is known
        // only there.
        let shell = ["/bin/sh", "-c", "LISTEN_PID=$$; export LISTEN_PID; exec \"$0\" \"$@\"", program]
        return ChildProgram(
            path: Array("/bin/sh".utf8), arguments: (shell + words).map { Array($0.utf8) },
            environment: environment.lines)
    }
}
