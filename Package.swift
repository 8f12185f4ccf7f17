// swift-tools-version: 6.2
// flashkvd: a Redis-compatible in-memory database server for Linux.
//
// Modules import downwards only (docs/ARCHITECTURE.md has the map):
// flashkvd > Server > Engine > RESP > Memory > C shims, Server > EventLoop > Memory; Configuration
// stands beside Engine. FLASHKVD_SANITIZE=1 builds against libc's malloc and without slabs, so that
// AddressSanitizer sees every allocation.

import PackageDescription

let sanitize = Context.environment["FLASHKVD_SANITIZE"] == "1"

let warnings: [SwiftSetting] =
    Context.environment["FLASHKVD_WERROR"] == "1"
    ? [.unsafeFlags(["-warnings-as-errors"])] : []

// The C shim's header is read by the Swift compiler too, so it needs the definition as well.
let sanitizeSwift: [SwiftSetting] = [
    .define("FLASHKVD_SANITIZE"), .unsafeFlags(["-Xcc", "-DFLASHKVD_LIBC_MALLOC"]),
]

let swift: [SwiftSetting] =
    [
        .unsafeFlags(
            ["-enforce-exclusivity=unchecked", "-cross-module-optimization"],
            .when(configuration: .release))
    ] + (sanitize ? sanitizeSwift : []) + warnings

let allocatorSettings: [CSetting] = sanitize ? [.define("FLASHKVD_LIBC_MALLOC")] : []
let allocatorLinker: [LinkerSetting] = sanitize ? [] : [.linkedLibrary("jemalloc")]

let package = Package(
    name: "flashkvd",
    products: [.executable(name: "flashkvd", targets: ["flashkvd"])],
    targets: [
        .target(name: "CEpoll"),
        .target(
            name: "CJemalloc", cSettings: allocatorSettings, linkerSettings: allocatorLinker),
        .target(name: "CLZF", linkerSettings: [.linkedLibrary("lzf")]),
        .target(name: "CMachine"),
        .target(name: "CUring"),
        .target(
            name: "Memory", dependencies: ["CJemalloc", "CMachine", "CUring"],
            swiftSettings: swift),
        .target(
            name: "EventLoop", dependencies: ["CEpoll", "CMachine", "Memory"],
            swiftSettings: swift),
        .target(name: "RESP", dependencies: ["CMachine", "Memory"], swiftSettings: swift),
        .target(
            name: "Engine", dependencies: ["CLZF", "CMachine", "Memory", "RESP"],
            swiftSettings: swift),
        .target(name: "Configuration", dependencies: ["Memory"], swiftSettings: swift),
        .target(
            name: "Server",
            dependencies: [
                "CEpoll", "CMachine", "Configuration", "Engine", "EventLoop", "Memory", "RESP",
            ],
            swiftSettings: swift),
        .executableTarget(
            name: "flashkvd", dependencies: ["Configuration", "Server"], swiftSettings: swift),
        .testTarget(name: "MemoryTests", dependencies: ["Memory"], swiftSettings: swift),
        .testTarget(name: "RESPTests", dependencies: ["RESP"], swiftSettings: swift),
        .testTarget(name: "EventLoopTests", dependencies: ["EventLoop"], swiftSettings: swift),
        .testTarget(name: "EngineTests", dependencies: ["Engine"], swiftSettings: swift),
        .testTarget(
            name: "ConfigurationTests", dependencies: ["Configuration"], swiftSettings: swift),
        .testTarget(name: "ServerTests", dependencies: ["Server"], swiftSettings: swift),
    ]
)
