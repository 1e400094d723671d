package import Taproom

/// A sealed tap or text that can't be opened.
package enum SealError: ReportableError, Equatable {
    case passphraseNeeded(String)
    case wrongPassphrase(String)
    /// The part that holds the key is not what was written: no passphrase helps.
    case damagedHeader(String)
    /// A sealed text is cut off or changed, or is none.
    case damagedText(String)
    case newerVersion(String, version: Int)

    package var description: String {
        switch self {
        case .passphraseNeeded(let path): "\(path): is sealed, and no passphrase was given"
        case .wrongPassphrase(let path): "\(path): the passphrase does not open it"
        case .damagedHeader(let path): "\(path): the header of the sealed tap is damaged, and with it the key"
        case .damagedText(let path): "\(path): the sealed description is damaged"
        case .newerVersion(let path, let version):
            "\(path): was sealed in version \(version), and this program knows version \(SealParameters.version)"
        }
    }

    package var advice: String? {
        switch self {
        case .passphraseNeeded, .wrongPassphrase: nil
        case .damagedHeader: "The file was left as it is. Restore the tap from a copy or an export."
        case .damagedText: "Copy it again, whole, from the line BEGIN to the line END."
        case .newerVersion: "Use the program that sealed it, or a newer one."
        }
    }

    package var exitStatus: ExitStatus {
        switch self {
        case .passphraseNeeded, .wrongPassphrase: .notPermitted
        case .damagedHeader, .damagedText, .newerVersion: .badData
        }
    }
}
