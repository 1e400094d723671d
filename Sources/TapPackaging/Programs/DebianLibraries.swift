/// Which packages of Debian have the libraries of our programs.
struct DebianLibraries {
    /// The packages, as they stand in `Depends`.
    let dependencies: [String]
    /// Libraries that are in none of those known here.
    let unknown: [String]

    init(of libraries: ProgramLibraries) {
        var versions: [String: [String]] = [:]
        var unknown: [String] = []
        for name in libraries.systemNames {
            if let package = Self.packages[name] {
                versions[package, default: []] += libraries.versions(of: name)
            } else {
                unknown.append(name)
            }
        }
        dependencies = versions.map { Self.dependency($0.key, $0.value) }.sorted()
        self.unknown = unknown
    }

    /// What has versions in the names of its symbols is needed in the highest of them; what has none, in that in which
    /// the last function came that is used here.
    private static func dependency(_ package: String, _ versions: [String]) -> String {
        if let least = leastVersions[package] { return "\(package) (>= \(least))" }
        let highest = versions.compactMap { version(of: package, from: $0) }
            .max { $0.lexicographicallyPrecedes($1) }
        return highest.map { "\(package) (>= \($0.map(String.init).joined(separator: ".")))" } ?? package
    }

    /// The version of a package in which it got a version of symbols: `GLIBC_2.34`, `GCC_3.0`, `GLIBCXX_3.4.30`.
    private static func version(of package: String, from symbols: String) -> [Int]? {
        // Relocations in the short form came without a symbol (elf.h, DT_RELR).
        if symbols == "GLIBC_ABI_DT_RELR" { return [2, 36] }
        let parts = symbols.split(separator: "_", maxSplits: 1)
        let numbers = parts.last?.split(separator: ".").map { Int($0) } ?? []
        guard parts.count == 2, !numbers.contains(nil) else { return nil }
        let version = numbers.compactMap { $0 }
        switch parts[0] {
        case "GLIBC", "GCC": return version
        // By the manual of libstdc++, "ABI Policy and Guidelines": 3.4.29 came with GCC 11.1, 3.4.30 with 12.1.
        case "GLIBCXX": return version.count == 3 ? cxxVersions[version[2]] : nil
        default: return nil
        }
    }

    private static let cxxVersions: [Int: [Int]] = [
        29: [11], 30: [12], 31: [13, 1], 32: [13, 2], 33: [14], 34: [15],
    ]

    private static let leastVersions = [
        "libbrotli1": "1.0.9", "libcrypt1": "1:4.1.0", "libsodium23": "1.0.12", "libsqlite3-0": "3.36",
        "libzstd1": "1.4.0", "zlib1g": "1:1.2.0",
    ]

    private static let packages = [
        "ld-linux-aarch64.so.1": "libc6",
        "ld-linux-x86-64.so.2": "libc6",
        "libc.so.6": "libc6",
        "libcrypt.so.1": "libcrypt1",
        "libdl.so.2": "libc6",
        "libgcc_s.so.1": "libgcc-s1",
        "libm.so.6": "libc6",
        "libpthread.so.0": "libc6",
        "libresolv.so.2": "libc6",
        "librt.so.1": "libc6",
        "libbrotlicommon.so.1": "libbrotli1",
        "libbrotlienc.so.1": "libbrotli1",
        "libsodium.so.23": "libsodium23",
        "libsqlite3.so.0": "libsqlite3-0",
        "libstdc++.so.6": "libstdc++6",
        "libutil.so.1": "libc6",
        "libyaml-0.so.2": "libyaml-0-2",
        "libz.so.1": "zlib1g",
        "libzstd.so.1": "libzstd1",
    ]
}
