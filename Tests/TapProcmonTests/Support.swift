import TapTesting
import Taproom

@testable import TapProcmon

/// Settings for a program of the shell in a folder, which is started again soon.
func shell(_ words: String, in folder: TemporaryFolder) -> ProcmonSettings {
    var settings = ProcmonSettings()
    settings.command = ["/bin/sh", "-c", words]
    settings.folder = folder.local
    settings.minimumDelay = TimeSpan(milliseconds: 10)
    settings.maximumDelay = TimeSpan(milliseconds: 40)
    return settings
}

extension TemporaryFolder {
    /// Waits until a file has so many lines, and answers them.
    func lines(_ count: Int, in name: String) async -> [String] {
        while !Task.isCancelled {
            let lines = (contents(name) ?? "").split(separator: "\n").map(String.init)
            if lines.count >= count { return lines }
            await Task.yield()
        }
        return []
    }
}
