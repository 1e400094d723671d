import CTapSystem
import Glibc
import TapProcess
import Taproom

/// What a program is given: nothing to read, two streams to write to, its sockets, and the one it talks over.
struct ForeignFiles {
    /// The descriptor of the first socket (sd_listen_fds(3)).
    static let firstSocket = 3

    let output: Pipe
    let errors: Pipe
    /// Our end of the socket for talking; nil: nobody talks.
    let control: CInt?
    /// What is given away.
    let given: ChildFiles

    /// Opens everything.
    ///
    /// Sockets are blocking when the program wants them so: a flag that all who have a socket share.
    /// Throws ``SystemCallError``; nothing stays open then.
    init(_ listeners: [Listener], talks: Bool, isBlocking: Bool) throws {
        var opened: [CInt] = []
        do {
            func keep(_ descriptor: CInt, _ action: String) throws -> CInt {
                guard descriptor >= 0 else { throw SystemCallError(action) }
                opened.append(descriptor)
                return descriptor
            }
            func pipe() throws -> Pipe {
                let pipe = try Pipe()
                opened += [pipe.reading, pipe.writing]
                return pipe
            }
            let folder = try keep(ChildFiles.open(folder: Array(".".utf8)), "open the folder")
            let nothing = try keep(ChildFiles.openNothing(), "open /dev/null")
            (output, errors) = (try pipe(), try pipe())
            var files = [nothing, output.writing, errors.writing]
            for listener in listeners {
                let socket = try keep(listener.duplicate(), "duplicate a socket")
                if isBlocking { _ = fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) & ~O_NONBLOCK) }
                files.append(socket)
            }
            if talks {
                var ends: [CInt] = [-1, -1]
                guard tap_socket_pair(&ends) == 0 else { throw SystemCallError("make a pair of sockets") }
                opened += ends
                control = ends[0]
                files.append(ends[1])
            } else {
                control = nil
            }
            given = ChildFiles(folder: folder, files)
        } catch {
            for descriptor in opened { close(descriptor) }
            throw error
        }
    }

    /// Closes what is read from; our end of the socket for talking is closed by whoever talks.
    func closeOwn() {
        close(output.reading)
        close(errors.reading)
    }
}
