// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "hello",
    products: [.executable(name: "hello", targets: ["Hello"])],
    dependencies: [
        // A clone of Taproom. Its programs have linker flags of their own, which SwiftPM takes from folders and branches only:
        // .package(url: "…/taproom", branch: "main") does as well.
        .package(name: "taproom", path: "../.."),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .executableTarget(
            name: "Hello",
            dependencies: [
                .product(name: "Taproom", package: "taproom"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .testTarget(
            name: "HelloTests", dependencies: ["Hello", .product(name: "TapTesting", package: "taproom")]),
    ]
)
