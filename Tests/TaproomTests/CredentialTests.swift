import Glibc
@testable import Taproom
import TapTesting
import Testing

@Suite struct CredentialTests {
    private func failure(_ name: String, in folder: String) -> CredentialError? {
        do throws(CredentialError) {
            _ = try Credential.read(name, in: folder)
            return nil
        } catch {
            return error
        }
    }

    private func write(_ content: [UInt8], to path: String) {
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        content.withUnsafeBytes { bytes in _ = Glibc.write(file, bytes.baseAddress, bytes.count) }
        close(file)
    }

    @Test func isReadAsItIs() throws {
        try withTemporaryFolder { folder in
            let content: [UInt8] = Array("secret\n".utf8) + [0, 255]
            write(content, to: folder + "/a.b")
            let (read, none) = try (Credential.read("a.b", in: folder), Credential.read("other", in: folder))
            #expect(read == content)
            #expect(none == nil)
        }
    }

    @Test func isNotReadBeyondTheLimit() throws {
        try withTemporaryFolder { folder in
            write([UInt8](repeating: 1, count: Credential.maximumBytes), to: folder + "/most")
            write([UInt8](repeating: 1, count: Credential.maximumBytes + 1), to: folder + "/more")
            let most = try Credential.read("most", in: folder)
            #expect(most?.count == Credential.maximumBytes)
            let error = failure("more", in: folder)
            #expect(error?.description == "\(folder)/more: the credential can't be read: file too large")
            #expect(error?.advice == "It must have 1048576 bytes or fewer.")
        }
    }

    @Test(arguments: ["", ".", "..", "a/b", "../a", "a\nb", String(repeating: "a", count: 256)])
    func aPathIsNoName(name: String) {
        #expect(failure(name, in: "/etc") == .noName(name))
    }

    @Test func aFolderIsNoCredential() throws {
        try withTemporaryFolder { folder in
            mkdir(folder + "/a", 0o700)
            #expect(failure("a", in: folder) == .unreadable(folder + "/a", code: EISDIR))
        }
    }
}
