import TapCompression
import Taproom

/// Everything of a packaged application that is the same in every format.
struct InstanceFiles {
    let places: InstancePlaces
    let request: PackageRequest
    /// Where units go: `/lib/systemd/system` in Debian 12, `/usr/lib/systemd/system` elsewhere.
    let unitFolder: String

    /// What runs the application and what describes it, without what only a service manager or a shell needs.
    ///
    /// Throws what is wrong with the program.
    func application() throws -> [PackageFile] {
        var files = [PackageFile(places.seed, text: ended(request.description))]
        if let state = request.state { files.append(PackageFile(places.seedState, content: state)) }
        files.append(
            PackageFile(places.description, text: LocalDescription(places: places).text, isConfiguration: true))
        return try files + request.includes + programs()
    }

    /// The application with its units, its command and what belongs to it on a machine.
    func all() throws -> [PackageFile] {
        let command = InstanceCommand(places: places, request: request)
        let account = AccountFiles(places: places)
        var files = try application()
        files.append(
            PackageFile("\(unitFolder)/\(places.service)", text: SystemdUnit(places: places, request: request).text))
        if let socket = SocketUnit(places: places, request: request) {
            files.append(PackageFile("\(unitFolder)/\(places.socket)", text: socket.text))
        }
        if let sysusers = account.sysusers {
            files.append(PackageFile("/usr/lib/sysusers.d/\(places.package).conf", text: sysusers))
        }
        files += [
            PackageFile("/usr/lib/tmpfiles.d/\(places.package).conf", text: account.tmpfiles),
            PackageFile(command.path, mode: 0o755, text: command.script),
            PackageFile(
                "/usr/share/bash-completion/completions/\(places.package)", text: command.completion),
            PackageFile(
                "/usr/share/man/man8/\(places.package).8.gz",
                content: try DeflateStream.compress(Array(command.manualPage.utf8))),
        ]
        return files
    }

    /// The runner under the names of its tools, when it is in the package.
    private func programs() throws -> [PackageFile] {
        guard case .bundled(let program) = request.runner else { return [] }
        return try [PackageFile(places.tool("tapd"), mode: 0o755, .program(StrippedProgram(program.path)))]
            + ["mktap", "tapctl"].map { .link(places.tool($0), to: "tapd") }
            + program.ownLibraries.map { PackageFile(places.tool($0.key), .program(try StrippedProgram($0.value))) }
    }

    private func ended(_ text: String) -> String { text.hasSuffix("\n") ? text : text + "\n" }
}
