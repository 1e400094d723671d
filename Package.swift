// swift-tools-version: 6.2
import PackageDescription

/// One array for all targets: Swift 6 mode, explicit arrows between modules, no warning left standing.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// How shipped programs are linked: with less for the loader to do, and less for the runtime to read.
///
/// The linker of the toolchain leaves out the table of all symbols, writes relocations in the short form that glibc
/// 2.36 (Debian 12) introduced, and puts the C++ library into the program; tools/linking says what else it leaves out.
/// docs/benchmarks.md says what that brings.
let linkingFolder = Context.packageDirectory + "/tools/linking"
let linking: [LinkerSetting] = [
    .unsafeFlags(
        [
            "-use-ld=lld", "-Xlinker", "--no-export-dynamic", "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs",
            "-L\(linkingFolder)", "-Xclang-linker", "-static-libgcc",
            "-Xlinker", "-T", "-Xlinker", "\(linkingFolder)/unused-conformances.ld",
        ],
        .when(platforms: [.linux], configuration: .release))
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let lifecycleTestKit = Target.Dependency.product(
    name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP2 = Target.Dependency.product(name: "NIOHTTP2", package: "swift-nio-http2")
let nioHPACK = Target.Dependency.product(name: "NIOHPACK", package: "swift-nio-http2")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let asn1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")

/// A library in Sources/.
func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// A kind in tap/.
func kind(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: "Tap\(name)", dependencies: dependencies, path: "tap/\(name)", swiftSettings: settings)
}

/// A program of a few lines in tools/.
func tool(_ name: String) -> Target {
    .executableTarget(
        name: name, dependencies: ["TapCommands", "TapStandard"], path: "tools/\(name)", swiftSettings: settings,
        linkerSettings: linking)
}

/// A small complete program in samples/.
func sample(_ name: String, _ folder: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .executableTarget(
        name: name, dependencies: ["Taproom", "TapNetwork", "TapCommands", argumentParser, lifecycle] + dependencies,
        path: "samples/\(folder)", swiftSettings: settings)
}

/// The tests of one module, or of the whole.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, path: "Tests/\(name)", swiftSettings: settings)
}

let package = Package(
    name: "taproom",
    products: [
        .library(name: "Taproom", targets: ["Taproom", "TapNetwork", "TapSecrets", "TapCommands", "TapStandard"]),
        .library(name: "TapWeb", targets: ["TapWeb"]),
        .library(name: "TapTesting", targets: ["TapTesting"]),
        .executable(name: "mktap", targets: ["mktap"]),
        .executable(name: "tapd", targets: ["tapd"]),
        .executable(name: "tapctl", targets: ["tapctl"]),
        .executable(name: "tap2deb", targets: ["tap2deb"]),
        .executable(name: "tap2rpm", targets: ["tap2rpm"]),
        .executable(name: "tap2oci", targets: ["tap2oci"]),
        .executable(name: "fibonacci", targets: ["fibonacci"]),
        .executable(name: "guestbook", targets: ["guestbook"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // The doors to C.
        .target(name: "CTapSystem"),
        .systemLibrary(name: "CBrotli", pkgConfig: "libbrotlienc", providers: [.apt(["libbrotli-dev"])]),
        .systemLibrary(name: "CCrypt", pkgConfig: "libcrypt", providers: [.apt(["libcrypt-dev"])]),
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        // The libraries.
        library("TapData"),
        library("Taproom", ["TapData", "CTapSystem", argumentParser, lifecycle, logging]),
        library("TapCompression", ["Taproom", "CBrotli", "CZlib", "CZstd"]),
        library("TapLog", ["Taproom", "TapData", "CTapSystem", logging]),
        library("TapMetrics", [metrics]),
        library("TapPages", ["Taproom", "TapData", "CSQLite", "CSodium"]),
        library("TapFile", ["Taproom", "TapData", "TapPages", "CSQLite", "CTapSystem", metrics]),
        library("TapSecrets", ["Taproom", "CCrypt", "CSodium", argumentParser, logging]),
        library("TapConfig", ["Taproom", "TapData", "CYAML"]),
        library(
            "TapNetwork", ["Taproom", "CTapSystem", argumentParser, lifecycle, logging, metrics, nioCore, nioPosix]),
        library("TapAccessLog", ["Taproom", "TapData", "TapLog", "TapNetwork", logging, nioCore, nioPosix]),
        library("TapRelay", ["Taproom", nioCore, nioPosix, nioTLS]),
        library("TapSplice", ["Taproom", "TapNetwork", "TapRelay", "CTapSystem", lifecycle, logging, nioCore]),
        library("TapTLS", ["Taproom", crypto, asn1, logging, nioCore, nioSSL, nioTLS]),
        library(
            "TapControl",
            [
                "Taproom", "TapData", "TapFile", "TapConfig", "TapLog", "TapMetrics", "TapNetwork", "CTapSystem",
                logging, nioCore, nioHTTP1, nioPosix,
            ]),
        library("TapProcess", ["Taproom", "CTapSystem", logging, nioCore, nioPosix]),
        library(
            "TapRunner",
            [
                "Taproom", "TapData", "TapFile", "TapConfig", "TapLog", "TapControl", "TapMetrics", "TapProcess",
                "CTapSystem",
                lifecycle, lifecycleTestKit, logging, metrics,
            ]),
        library(
            "TapForeign",
            [
                "Taproom", "TapData", "TapConfig", "TapProcess", "CTapSystem", lifecycle, logging, metrics, nioCore,
                nioPosix,
            ]),
        library("TapPackaging", ["Taproom", "TapData", "TapCompression", "CSodium"]),
        library(
            "TapCommands",
            [
                "Taproom", "TapData", "TapFile", "TapConfig", "TapForeign", "TapLog", "TapControl", "TapRunner",
                "TapPackaging", "CTapSystem", argumentParser, logging,
            ]),
        library(
            "TapTesting",
            [
                "Taproom", "TapData", "TapFile", "TapConfig", "TapRunner", "CTapSystem", argumentParser, lifecycle,
                logging,
            ]),
        library(
            "TapTorture",
            [
                "Taproom", "TapData", "TapPages", "TapFile", "TapConfig", "TapControl", "TapRunner", "TapStandard",
                "TapTesting", "CSQLite", argumentParser, logging,
            ]),

        // The kinds, and the list of those that are shipped.
        kind(
            "Web",
            [
                "Taproom", "TapAccessLog", "TapData", "TapCompression", "TapNetwork", "TapProcess", "TapSecrets",
                "TapTLS",
                "CTapSystem", argumentParser, crypto, lifecycle, logging, metrics, nioCore, nioHTTP1, nioHTTP2,
                nioHPACK, nioPosix,
                nioSSL, nioTLS,
            ]),
        kind(
            "Telnet",
            [
                "Taproom", "TapNetwork", "TapSecrets", argumentParser, lifecycle, logging, metrics, nioCore,
            ]),
        kind(
            "Portforward",
            [
                "Taproom", "TapNetwork", "TapRelay", "TapSplice", "TapTLS", argumentParser, lifecycle, logging, metrics,
                nioCore,
                nioPosix, nioSSL,
            ]),
        kind(
            "Socks",
            [
                "Taproom", "TapAccessLog", "TapData", "TapNetwork", "TapRelay", "TapSecrets", "TapSplice", argumentParser,
                lifecycle, logging, metrics, nioCore, nioPosix,
            ]),
        kind(
            "Procmon",
            [
                "Taproom", "TapData", "TapProcess", argumentParser, lifecycle, logging, metrics, nioCore, nioPosix,
            ]),
        kind(
            "Inetd",
            [
                "Taproom", "TapNetwork", "TapProcess", argumentParser, lifecycle, logging, metrics, nioCore, nioPosix,
            ]),
        kind("Standard", ["Taproom", "TapInetd", "TapPortforward", "TapProcmon", "TapSocks", "TapTelnet", "TapWeb"]),

        // The programs.
        tool("mktap"),
        tool("tapd"),
        tool("tapctl"),
        tool("tap2deb"),
        tool("tap2rpm"),
        tool("tap2oci"),
        sample("fibonacci", "Fibonacci"),
        sample("echoes", "Echo"),
        sample("chat", "Chat"),
        sample("pubsub", "PublishSubscribe"),
        sample("onetimekey", "OneTimeKey"),
        sample("guestbook", "Guestbook", ["TapWeb"]),
        sample("cache", "Cache", ["TapWeb"]),
        sample("weblog", "WebLog", ["TapWeb"]),
        .executableTarget(
            name: "proxy", dependencies: ["Taproom", "TapWeb", "TapCommands"], path: "samples/Proxy",
            exclude: ["proxy.yaml"], swiftSettings: settings),
        .executableTarget(
            name: "torture", dependencies: ["TapTorture", argumentParser], path: "tools/torture-program",
            exclude: ["FileTrace.c"],
            swiftSettings: settings),

        // Measures coders; tools/benchmark runs it.
        .executableTarget(
            name: "codec-benchmark", dependencies: ["TapData"], path: "Benchmarks/Codec", swiftSettings: settings),
        // Measures storage, and serves rows to redis-benchmark; tools/benchmark runs it.
        .executableTarget(
            name: "storage-benchmark",
            dependencies: ["TapFile", "Taproom", "TapData", argumentParser, lifecycle, logging, nioCore, nioPosix],
            path: "Benchmarks/Storage", swiftSettings: settings),

        // The tests, and a program that some of them install in versions.
        .executableTarget(
            name: "counter", dependencies: ["Taproom", "TapNetwork", "TapCommands", argumentParser, lifecycle],
            path: "Tests/Counter", swiftSettings: settings),
        tests(
            "EndToEnd",
            [
                "TapTesting", "Taproom", "TapData", "CTapSystem", "mktap", "tapd", "tapctl", "tap2deb", "tap2oci",
                "fibonacci", "guestbook", "counter", "echoes", "chat", "pubsub", "onetimekey", "cache",
                "weblog", "proxy",
            ]),
        tests("TortureTests", ["TapTorture", "TapTesting", "torture", "fibonacci", "tapd", "tapctl"]),
        tests(
            "TapWebTests",
            [
                "TapWeb", "TapAccessLog", "TapLog", "TapMetrics", "TapNetwork", "TapSecrets", "TapTesting", "Taproom",
                "TapData", argumentParser,
                lifecycle, logging, metrics, nioCore, nioEmbedded, nioHTTP1, nioHPACK, nioPosix, nioSSL,
            ]),
        tests(
            "TapTelnetTests",
            [
                "TapTelnet", "TapNetwork", "TapSecrets", "TapTesting", "Taproom", "TapData", argumentParser, lifecycle,
                logging, nioCore, "mktap", "tapd", "tapctl",
            ]),
        tests(
            "TapPortforwardTests",
            [
                "TapPortforward", "TapMetrics", "TapNetwork", "TapTesting", "Taproom", "TapData", argumentParser,
                lifecycle, logging, metrics,
            ]),
        tests(
            "TapSocksTests",
            [
                "TapSocks", "TapMetrics", "TapNetwork", "TapSecrets", "TapTesting", "Taproom", "TapData",
                argumentParser, lifecycle, logging, metrics, nioCore, nioPosix,
            ]),
        tests(
            "TapStandardTests",
            ["TapStandard", "TapConfig", "Taproom", "TapData", "TapTesting", argumentParser, lifecycle, "tapctl"]),
        tests(
            "TapSecretsTests",
            [
                "TapSecrets", "TapConfig", "TapFile", "TapControl", "TapLog", "Taproom", "TapData", "TapTesting",
                argumentParser, lifecycle, logging,
            ]),
        tests("TapTestingTests", ["TapTesting", "Taproom", "TapData", "TapNetwork", argumentParser, lifecycle]),
        tests("TapTLSTests", ["TapTLS", "TapTesting", logging, nioCore, nioPosix, nioSSL, nioTLS]),
        tests("TapForeignTests", ["TapForeign", "TapConfig", "Taproom", "TapData", "TapTesting", logging]),
        tests("TapLogTests", ["TapLog", "Taproom", "TapData", "TapTesting", "CTapSystem", logging]),
        tests(
            "TapNetworkTests",
            [
                "TapNetwork", "TapMetrics", "TapTesting", "Taproom", argumentParser, lifecycle, metrics, nioCore,
                nioEmbedded,
            ]),
        tests("TapCommandsTests", ["TapCommands", "TapConfig", "TapPages", "TapTesting", "Taproom", argumentParser]),
        tests("TapPackagingTests", ["TapPackaging", "TapCompression", "TapData", "TapTesting", "Taproom"]),
        tests("TapMetricsTests", ["TapMetrics", "TapTesting", metrics]),
        tests("TapDataTests", ["TapData", "TapTesting"]),
        tests(
            "TaproomTests",
            ["Taproom", "TapData", "TapTesting", lifecycle, lifecycleTestKit, logging, argumentParser]),
        tests(
            "TapFileTests",
            [
                "TapFile", "TapMetrics", "TapPages", "Taproom", "TapData", "TapTesting", "CSQLite", "CTapSystem",
                argumentParser, lifecycle, logging, metrics,
            ]),
        tests("TapPagesTests", ["TapPages", "Taproom", "TapTesting", "CSQLite"]),
        tests("TapConfigTests", ["TapConfig", "Taproom", "TapData", "TapTesting", lifecycle, argumentParser]),
        tests(
            "TapControlTests",
            [
                "TapControl", "TapConfig", "TapFile", "TapLog", "TapMetrics", "Taproom", "TapData", "TapTesting",
                lifecycle, logging, metrics, argumentParser, nioCore, nioPosix,
            ]),
        tests(
            "TapRunnerTests",
            [
                "TapRunner", "TapControl", "TapFile", "TapProcess", "Taproom", "TapData", "TapTesting", "CTapSystem",
                lifecycle, logging, argumentParser,
            ]),
        tests("TapInetdTests", ["TapInetd", "TapProcess", "TapTesting", "Taproom", argumentParser, nioCore]),
        tests(
            "TapProcmonTests",
            ["TapProcmon", "TapProcess", "TapTesting", "Taproom", argumentParser, lifecycle, nioCore]),
        tests("TapProcessTests", ["TapProcess", "TapTesting", "Taproom", logging, nioCore]),
    ]
)
