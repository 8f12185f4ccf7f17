// A made-up operating system for tests: files in memory, and a current directory of its own.

import Glibc

@testable import Configuration

/// What the tests see and change behind a Host. Tests of one suite use one from one thread.
final class TestHost {
    var files: [String: String] = [:]
    var directories: Set<String> = ["/", "/data", "/other"]
    var current = "/data"
    var standardInput = ""

    var host: Host {
        Host(
            changeDirectory: { [self] path in
                let target = absolute(path.decoded)
                guard directories.contains(target) else {
                    return files[target] == nil ? ENOENT : ENOTDIR
                }
                current = target
                return 0
            },
            currentDirectory: { [self] in ByteText(ascii: current) },
            readFile: { [self] path in
                let target = absolute(path.decoded)
                return files[target].map { .bytes(ByteText(ascii: $0)) } ?? .failure(ENOENT)
            },
            readStandardInput: { [self] in ByteText(ascii: standardInput) },
            expand: { [self] pattern in
                let start = absolute(pattern.decoded.split(separator: "*")[0].description)
                return files.keys.filter { $0.hasPrefix(start) }.sorted()
                    .map { ByteText(ascii: $0) }
            },
            checkAppendable: { [self] path in
                let parent = absolute(path.decoded).split(separator: "/").dropLast()
                return directories.contains("/" + parent.joined(separator: "/")) ? 0 : ENOENT
            })
    }

    private func absolute(_ path: String) -> String {
        if path.isEmpty { return "?" }
        if path == "." { return current }
        return path.hasPrefix("/") ? path : (current == "/" ? "" : current) + "/" + path
    }

    /// Loads `text` as the file /data/test.conf.
    func load(_ text: String, options: String = "") throws(StartError) -> Configuration {
        files["/data/test.conf"] = text
        var launch = LaunchOptions()
        launch.configFile = ByteText(ascii: "test.conf")
        launch.options = ByteText(ascii: options)
        return try Configuration.load(launch, host: host)
    }

    /// The report on loading `text`, or nothing if it loads.
    func report(_ text: String) -> String {
        do throws(StartError) {
            _ = try load(text)
            return ""
        } catch {
            return error.report.decoded
        }
    }
}

/// A seeded sequence, so that a failure repeats.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}

extension Configuration {
    /// CONFIG SET by a local client with nobody refusing: "OK" or the error.
    mutating func set(_ pairs: String...) -> String {
        precondition(pairs.count % 2 == 0)
        let split = stride(from: 0, to: pairs.count, by: 2).map {
            (name: ByteText(ascii: pairs[$0]), value: ByteText(ascii: pairs[$0 + 1]))
        }
        do throws(SetError) {
            try apply(split, SetContext(clientIsLocal: true)) { _, _ in nil }
            return "OK"
        } catch {
            return error.reply.decoded
        }
    }

    /// The names and values that CONFIG GET gives, in turn.
    func get(_ patterns: String...) -> [String] {
        matching(patterns.map { ByteText(ascii: $0) }).flatMap {
            [$0.name.decoded, $0.value.decoded]
        }
    }
}
