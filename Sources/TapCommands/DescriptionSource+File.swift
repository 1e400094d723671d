import Synchronization
import TapConfig
import TapFile
import TapRunner
import Taproom

extension DescriptionSource {
    /// A description in a file, which is read again whenever it is asked for; warnings are printed.
    init(file: String, favoring side: Merge.Side?, _ passphrase: PassphraseOptions, _ invocation: Invocation) {
        // Looked up before the process goes to another folder.
        let place = LocalPath(file, in: LocalPath.workingFolder).text
        let folder = DescriptionFile.folder(of: file)
        let kinds = invocation.kinds
        let warned = WarnedText()
        self.init(file, favoring: side) {
            let base = try DescriptionFile(file, at: place, passphrase).base
            warned.expect(base.text)
            return base
        } reading: { base, former in
            // Errors call the file what the person called it.
            let reading = try DescriptionReader.reading(
                base.text, file: base.name == place ? file : base.fileName, folder: folder, kinds: kinds, former: former
            )
            if warned.isNew(base.text) { invocation.warn(reading.warnings) }
            return reading
        }
    }
}

/// The text of a description of which warnings are printed: as the file is now and not as it was, and once.
private final class WarnedText: Sendable {
    private let texts = Mutex<(file: String?, warned: String?)>((nil, nil))

    /// Says what is in the file.
    func expect(_ text: String) { texts.withLock { $0.file = text } }

    /// Whether a text is that of the file and is asked for the first time.
    func isNew(_ text: String) -> Bool {
        texts.withLock { texts in
            guard text == texts.file, text != texts.warned else { return false }
            texts.warned = text
            return true
        }
    }
}
