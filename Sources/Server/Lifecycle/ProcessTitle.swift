// The title that ps shows: `set-proc-title` and `proc-title-template`.
//
// Linux shows the memory where the arguments stood at the start of the process, and reads on into
// the environment behind it if the arguments' last byte is not zero any more. So the environment's
// strings move elsewhere first, and then both areas hold the title.

import Configuration
import Glibc

enum ProcessTitle {
    /// The run of arguments and environment that the kernel shows; empty until `prepare`.
    nonisolated(unsafe) private static var area = UnsafeMutableRawBufferPointer(
        start: nil, count: 0)

    /// Once, at start, before other threads: finds the area and frees it for the title.
    static func prepare() {
        guard area.isEmpty, let bounds = bounds() else { return }
        var entry = environ
        while let text = entry.pointee {
            // Kept for as long as the process lives.
            if let copy = strdup(text) { entry.pointee = copy }
            entry += 1
        }
        area = bounds
    }

    /// Shows `title`, cut to the room there is.
    static func set(_ title: String) {
        // Safety: the kernel's bounds of this process's arguments and environment, which are
        // writable memory of the stack; nothing points into them any more.
        guard area.count > 1 else { return }
        let bytes = title.utf8.prefix(area.count - 1)
        area.copyBytes(from: bytes)
        area[bytes.count...].initializeMemory(as: UInt8.self, repeating: 0)
    }

    /// Fields 48 to 51 of /proc/self/stat: start and end of arguments and of environment.
    private static func bounds() -> UnsafeMutableRawBufferPointer? {
        let fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { return nil }
        defer { close(fd) }
        var text = [UInt8](repeating: 0, count: 4096)
        let count = read(fd, &text, text.count)
        // The name stands in brackets and may hold anything.
        guard count > 0, let bracket = text[..<count].lastIndex(of: UInt8(ascii: ")")) else {
            return nil
        }
        let fields = text[(bracket + 1)..<count].split(separator: UInt8(ascii: " "))
            .map { String(decoding: $0, as: UTF8.self) }
        guard fields.count > 48, let start = UInt(fields[45]), let argumentEnd = UInt(fields[46]),
            let environmentStart = UInt(fields[47]),
            let end = UInt(fields[48].prefix { $0 != "\n" }),
            start != 0, argumentEnd > start
        else { return nil }
        let isContiguous = environmentStart == argumentEnd && end > environmentStart
        let stop = isContiguous ? end : argumentEnd
        return UnsafeMutableRawBufferPointer(
            start: UnsafeMutableRawPointer(bitPattern: start), count: Int(stop - start))
    }
}

extension Server {
    /// Brings the title up to date with the configuration.
    func updateProcessTitle() {
        guard configuration.bool("set-proc-title") else { return }
        ProcessTitle.set(processTitle(configuration))
    }

    func processTitle(_ configuration: Configuration) -> String {
        let port = configuration.integer("port")
        let address: String
        if port != 0, let first = configuration.words("bind").first {
            address = "\(first.decoded):\(port)"
        } else {
            address = configuration.string("unixsocket")
        }
        var title = configuration.string("proc-title-template")
        for (name, value) in [
            ("{title}", programName), ("{listen-addr}", address), ("{server-mode}", ""),
            ("{port}", "\(port)"), ("{tls-port}", configuration.string("tls-port")),
            ("{unixsocket}", configuration.string("unixsocket")),
            ("{config-file}", configuration.configFile?.decoded ?? ""),
        ] {
            title = replacing(name, by: value, in: title)
        }
        while title.last == " " { title.removeLast() }
        return title
    }

    private func replacing(_ name: String, by value: String, in text: String) -> String {
        var result: [UInt8] = []
        var rest = Array(text.utf8)[...]
        let wanted = Array(name.utf8)
        while let first = rest.first {
            if rest.starts(with: wanted) {
                result += Array(value.utf8)
                rest = rest.dropFirst(wanted.count)
            } else {
                result.append(first)
                rest = rest.dropFirst()
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
