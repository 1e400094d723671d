import Glibc
import TapTesting
import Testing

/// Functions of the C library that its module for Swift leaves out.
private enum Hidden {
    typealias Number = @convention(c) (CInt) -> CInt
    typealias Mount =
        @convention(c) (
            UnsafePointer<CChar>?, UnsafePointer<CChar>?, UnsafePointer<CChar>?, UInt, UnsafeRawPointer?
        ) -> CInt
    typealias Unmount = @convention(c) (UnsafePointer<CChar>?, CInt) -> CInt

    static func function<Function>(_ name: String, as type: Function.Type) throws -> Function {
        unsafeBitCast(try #require(dlsym(nil, name)), to: type)
    }
}

/// Runs a body with a umask, which other threads do not get.
func withMask<Result>(_ mask: mode_t, _ body: () throws -> Result) throws -> Result {
    // CLONE_FS: from here on umask and working folder of this thread are its own.
    let unshare = try Hidden.function("unshare", as: Hidden.Number.self)
    #expect(unshare(0x200) == 0)
    let old = umask(mask)
    defer { umask(old) }
    return try body()
}

/// Runs a body as somebody who owns a folder and is not root; other threads stay who they are.
func asNobody<Result>(owning folder: String, _ body: () throws -> Result) throws -> Result {
    guard geteuid() == 0 else { return try body() }
    let become = try Hidden.function("setfsuid", as: Hidden.Number.self)
    #expect(chown(folder, 65534, 65534) == 0)
    _ = become(65534)
    defer { _ = become(0) }
    return try body()
}

/// Runs a body with a folder on a disk of 160 KB, which only root can.
func withTinyDisk<Result>(_ body: (String) throws -> Result) throws -> Result {
    try withTemporaryFolder { folder in
        let mount = try Hidden.function("mount", as: Hidden.Mount.self)
        let unmount = try Hidden.function("umount2", as: Hidden.Unmount.self)
        try #require(mount("tmpfs", folder, "tmpfs", 0, "size=160k") == 0)
        // MNT_DETACH
        defer { _ = unmount(folder, 2) }
        return try body(folder)
    }
}
