import Glibc

extension TemporaryFolder {
    /// Writes a program for the shell.
    package func writeProgram(_ text: String, to name: String) throws {
        try write("#!/bin/sh\n" + text, to: name)
        chmod(self[name], 0o755)
    }

    /// Waits until a program has written a number into a file.
    package func number(in name: String) async -> Int32 {
        while !Task.isCancelled {
            if let text = contents(name), text.hasSuffix("\n"), let number = Int32(text.dropLast()) { return number }
            await Task.yield()
        }
        return -1
    }

    /// A file's text; nil when there is none.
    package func contents(_ name: String) -> String? {
        let file = open(self[name], O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(file, &bytes, bytes.count)
        return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
    }
}

/// Waits until a process is gone: nobody's child any more.
///
/// What never goes meets the time limit of the suite.
package func isGone(_ process: Int32) async {
    while kill(process, 0) == 0, !Task.isCancelled { await Task.yield() }
}

/// Waits until a process does nothing more, though its parent, which is not ours, may not have noticed.
package func hasEnded(_ process: Int32) async {
    while !Task.isCancelled {
        let file = fopen("/proc/\(process)/stat", "re")
        guard let file else { return }
        var line = [CChar](repeating: 0, count: 512)
        _ = fgets(&line, 512, file)
        fclose(file)
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if text.contains(") Z ") || text.contains(") X ") { return }
        await Task.yield()
    }
}
