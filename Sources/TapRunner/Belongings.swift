import Glibc
import TapProcess
import Taproom

/// The files that belong to an application that runs.
struct Belongings {
    let tap: String?
    /// Of unix sockets.
    let sockets: [String]
    let pidFile: String?

    /// Gives the tap and the sockets to the account that will use them.
    ///
    /// Throws ``RunnerError/dropFailed(_:)``.
    func give(to account: Account) throws(RunnerError) {
        let files = tap.map { [$0, $0 + "-wal", $0 + "-shm"] } ?? []
        for path in files + sockets {
            guard lchown(path, account.user, account.group) == 0 || errno == ENOENT else {
                throw .dropFailed("\(path) cannot be given to \(account.text): \(String(cString: strerror(errno)))")
            }
        }
    }

    /// What the application can't remove itself at its end: in folders the account may not change, or in another root folder.
    func leftovers(of account: Account?, isElsewhere: Bool) -> [Sweeper.Leftover] {
        let all =
            (tap.map { [Sweeper.Leftover(.logOf, $0)] } ?? []) + sockets.map { Sweeper.Leftover(.socket, $0) }
            + (pidFile.map { [Sweeper.Leftover(.pidFile, $0)] } ?? [])
        if isElsewhere { return all }
        guard let account else { return [] }
        return all.filter { !account.canChange(folder: $0.folder) }
    }
}
