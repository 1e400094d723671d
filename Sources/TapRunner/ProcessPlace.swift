import CTapSystem
import Glibc
package import Taproom

/// The folders a process works in.
package struct ProcessPlace: Sendable, Equatable {
    /// Becomes `/`: whatever is outside of it can't be reached by a path any more (chroot(2)).
    package var root: String?
    /// Becomes the working folder; in the new root folder when there is one.
    package var folder: String?

    package init(root: String? = nil, folder: String? = nil) {
        self.root = root
        self.folder = folder
    }

    /// Goes there.
    ///
    /// Throws ``ProcessPlaceError``; the process should end then.
    package func enter() throws(ProcessPlaceError) {
        if let root {
            // What is looked up later is looked up outside, while it is there.
            tzset()
            guard geteuid() == 0 else { throw .notEntered(root, option: "--chroot", code: EPERM) }
            try provideProc(in: root)
            guard chroot(root) == 0 else { throw .notEntered(root, option: "--chroot", code: errno) }
            guard chdir("/") == 0 else { throw .notEntered("/", option: "--chroot", code: errno) }
        }
        try enterFolder()
    }

    /// Sees to it that there is a `/proc` in the new root folder: libdispatch looks there for what its threads do, and ends a
    /// process that has none.
    ///
    /// One that is made here shows no other processes, and nobody else sees it.
    private func provideProc(in root: String) throws(ProcessPlaceError) {
        let folder = root + "/proc"
        guard access(folder + "/self/stat", R_OK) != 0 else { return }
        // With the slash it has to be a folder.
        guard access(root + "/", F_OK) == 0 else { throw .notEntered(root, option: "--chroot", code: errno) }
        let isMade = mkdir(folder, 0o555) == 0
        guard isMade || errno == EEXIST, tap_mount_proc(folder) == 0 else {
            let code = errno
            if isMade { rmdir(folder) }
            throw .noProc(root, code: code)
        }
    }

    /// Goes to the working folder only.
    ///
    /// Throws ``ProcessPlaceError``.
    func enterFolder() throws(ProcessPlaceError) {
        if let folder, chdir(folder) != 0 { throw .notEntered(folder, option: "--rundir", code: errno) }
    }
}

/// A folder a process can't go to.
package enum ProcessPlaceError: ReportableError, Equatable {
    case notEntered(String, option: String, code: CInt)
    case noProc(String, code: CInt)

    package var description: String {
        switch self {
        case .notEntered(let folder, let option, let code):
            "\(option) \(folder): cannot go there: \(SystemCallError("chdir", code: code).reason)"
        case .noProc(let root, let code):
            "--chroot \(root): there is no /proc in it, and none can be mounted: \(SystemCallError("mount", code: code).reason)"
        }
    }

    package var advice: String? {
        switch self {
        case .notEntered(_, "--chroot", EPERM): "Only root can change the root folder."
        case .notEntered(_, "--rundir", ENOENT): "With --chroot it must be inside of the new root folder."
        case .noProc(let root, _):
            "Only root can; where root can't either, mount one before: mount -t proc proc \(root)/proc."
        default: nil
        }
    }

    package var exitStatus: ExitStatus {
        switch self {
        case .notEntered(_, _, ENOENT), .notEntered(_, _, ENOTDIR): .noInput
        default: .notPermitted
        }
    }
}
