import CTapSystem
import Glibc
package import Taproom

/// What is started: a program with its words, its environment and its limits.
package struct ChildProgram: Sendable {
    /// The absolute path of the program.
    package var path: [UInt8]
    /// All words, the name of the program first.
    package var arguments: [[UInt8]]
    /// Each as `NAME=value`; nothing else is in its environment.
    package var environment: [[UInt8]]
    package var limits = ChildLimits()
    /// The permissions that its files don't get; nil: as this process's.
    package var umask: UInt16?
    /// Whether it leads a session of its own; otherwise a process group only.
    package var ownSession = false
    /// The signal it gets when this process is gone, however it went; nil: none.
    ///
    /// Only the program itself gets it, not what it has started.
    package var orphanSignal: CInt?
    /// Whom it runs as; nil: as this process.
    ///
    /// Only root can start programs as somebody else.
    package var account: Account?

    package init(path: [UInt8], arguments: [[UInt8]], environment: [[UInt8]]) {
        (self.path, self.arguments, self.environment) = (path, arguments, environment)
    }

    /// The path as text.
    package var name: String { String(decoding: path, as: UTF8.self) }
}

/// Descriptors for a program; whoever starts it gives them up.
package struct ChildFiles: Sendable {
    /// The folder it works in.
    package let folder: CInt
    /// What become its descriptors 0, 1, 2 and so on.
    ///
    /// One may stand several times.
    package let files: [CInt]

    package init(folder: CInt, _ files: [CInt]) { (self.folder, self.files) = (folder, files) }

    /// Closes all.
    package func close() { for descriptor in Set(files + [folder]) where descriptor >= 0 { Glibc.close(descriptor) } }

    /// A descriptor of a folder, or -1 with `errno` set.
    package static func open(folder: [UInt8]) -> CInt {
        // O_PATH, which Swift's module does not have: a folder that may be entered need not be readable.
        Glibc.open(folder.map { CChar(bitPattern: $0) } + [0], 0o10000000 | O_DIRECTORY | O_CLOEXEC)
    }

    /// A descriptor of `/dev/null` to read from and write to.
    ///
    /// Throws ``SystemCallError``.
    package static func openNothing() throws(SystemCallError) -> CInt {
        let nothing = Glibc.open("/dev/null", O_RDWR | O_CLOEXEC)
        guard nothing >= 0 else { throw SystemCallError("open /dev/null") }
        return nothing
    }
}

extension ChildProgram {
    /// Starts the program, and waits until it is executed.
    ///
    /// The descriptors stay open here. Throws ``ChildStartFailure``.
    func launch(with files: ChildFiles) throws(ChildStartFailure) -> pid_t {
        var step: CInt = 0
        var code: CInt = 0
        let process = withTerminated(arguments) { arguments in
            withTerminated(environment) { environment in
                (path + [0]).withUnsafeBytes { path in
                    files.files.withUnsafeBufferPointer { descriptors in
                        limits.values.withUnsafeBufferPointer { limits in
                            (account?.otherGroups ?? []).withUnsafeBufferPointer { groups in
                                var child = tap_child(
                                    path: path.bindMemory(to: CChar.self).baseAddress, arguments: arguments,
                                    environment: environment, folder: files.folder, files: descriptors.baseAddress,
                                    fileCount: descriptors.count, limits: limits.baseAddress,
                                    limitCount: limits.count, umask: umask.map(CInt.init) ?? -1,
                                    ownSession: ownSession ? 1 : 0, orphanSignal: orphanSignal ?? 0,
                                    changesUser: account == nil ? 0 : 1, user: account?.user ?? 0,
                                    group: account?.group ?? 0, groups: groups.baseAddress, groupCount: groups.count)
                                let process = tap_start_child(&child, &step)
                                code = errno
                                return process
                            }
                        }
                    }
                }
            }
        }
        guard process > 0 else { throw ChildStartFailure(step: ChildStartFailure.Step(step), code: code) }
        return process
    }

    /// Calls with a list of texts as C has them.
    private func withTerminated<Result>(
        _ texts: [[UInt8]], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>?) -> Result
    ) -> Result {
        let copies = texts.map { text in
            (text.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer { $0.baseAddress.flatMap { strdup($0) } }
        }
        defer { for copy in copies { free(copy) } }
        return (copies + [nil]).withUnsafeBufferPointer { body($0.baseAddress) }
    }
}
