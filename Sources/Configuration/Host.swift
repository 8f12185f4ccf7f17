// What the configuration asks of the operating system: the current directory, and files to read.
//
// A struct of functions, so that tests stand on a made-up one. Cold code.

import Glibc

package struct Host {
    /// Moves the process to a directory; 0 or errno.
    package var changeDirectory: (ByteText) -> Int32
    package var currentDirectory: () -> ByteText
    /// A whole file, or errno.
    package var readFile: (ByteText) -> FileContent
    package var readStandardInput: () -> ByteText
    /// Existing paths that a shell pattern matches, sorted.
    package var expand: (ByteText) -> [ByteText]
    /// Whether a log can be appended to this path (0) or why not (errno).
    package var checkAppendable: (ByteText) -> Int32

    package enum FileContent {
        case bytes(ByteText)
        case failure(Int32)
    }

    package init(
        changeDirectory: @escaping (ByteText) -> Int32,
        currentDirectory: @escaping () -> ByteText,
        readFile: @escaping (ByteText) -> FileContent,
        readStandardInput: @escaping () -> ByteText,
        expand: @escaping (ByteText) -> [ByteText],
        checkAppendable: @escaping (ByteText) -> Int32
    ) {
        self.changeDirectory = changeDirectory
        self.currentDirectory = currentDirectory
        self.readFile = readFile
        self.readStandardInput = readStandardInput
        self.expand = expand
        self.checkAppendable = checkAppendable
    }

    /// The process's own.
    package static var system: Host {
        Host(
            changeDirectory: { withPath($0) { chdir($0) } == 0 ? 0 : errno },
            currentDirectory: systemCurrentDirectory,
            readFile: systemReadFile,
            readStandardInput: { (try? readToEnd(STDIN_FILENO).get()) ?? [] },
            expand: systemExpand,
            checkAppendable: { path in
                let fd = withPath(path) { open($0, O_WRONLY | O_APPEND | O_CREAT, 0o644) }
                guard fd >= 0 else { return errno }
                close(fd)
                return 0
            })
    }
}

/// Calls `body` with `path` as a C string.
func withPath<R>(_ path: ByteText, _ body: (UnsafePointer<CChar>) -> R) -> R {
    (path + [0]).withUnsafeBufferPointer { buffer in
        // Safety: never empty, ends in zero, read only while `body` runs.
        buffer.withMemoryRebound(to: CChar.self) { body($0.baseAddress!) }
    }
}

private func systemCurrentDirectory() -> ByteText {
    guard let path = getcwd(nil, 0) else { return ByteText(ascii: ".") }
    defer { free(path) }
    return ByteText(UnsafeRawBufferPointer(start: path, count: strlen(path)))
}

private func systemReadFile(_ path: ByteText) -> Host.FileContent {
    let fd = withPath(path) { open($0, O_RDONLY | O_CLOEXEC) }
    guard fd >= 0 else { return .failure(errno) }
    defer { close(fd) }
    switch readToEnd(fd) {
    case .success(let bytes): return .bytes(bytes)
    case .failure(let error): return .failure(error.code)
    }
}

struct SystemError: Error {
    let code: Int32
}

private func readToEnd(_ fd: Int32) -> Result<ByteText, SystemError> {
    var bytes: ByteText = []
    var chunk = ByteText(repeating: 0, count: 16384)
    while true {
        let count = chunk.withUnsafeMutableBytes { read(fd, $0.baseAddress, $0.count) }
        if count > 0 {
            bytes += chunk[..<count]
        } else if count == 0 {
            return .success(bytes)
        } else if errno != EINTR {
            return .failure(SystemError(code: errno))
        }
    }
}

private func systemExpand(_ pattern: ByteText) -> [ByteText] {
    var found = glob_t()
    defer { globfree(&found) }
    guard withPath(pattern, { glob($0, 0, nil, &found) }) == 0 else { return [] }
    return (0..<Int(found.gl_pathc)).compactMap { i in
        // Safety: glob gives gl_pathc zero-ended strings, freed by globfree above.
        found.gl_pathv[i].map { ByteText(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
    }
}
