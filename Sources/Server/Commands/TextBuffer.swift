// Text put together piece by piece: the lines of CLIENT LIST and the sections of INFO.
//
// Bytes, not a String: names from outside need not be UTF-8, and a list of ten thousand clients is
// built without ten thousand strings. Called by cold commands only.

import Memory

struct TextBuffer {
    private(set) var bytes: [UInt8] = []

    init(capacity: Int = 256) { bytes.reserveCapacity(capacity) }

    mutating func put(_ text: StaticString) {
        bytes.append(
            contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func put(text: String) { bytes.append(contentsOf: text.utf8) }

    mutating func put(_ other: [UInt8]) { bytes.append(contentsOf: other) }

    mutating func put(byte: UInt8) { bytes.append(byte) }

    mutating func put(_ value: Int) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: IntegerText.maxBytes) { room in
            let count = IntegerText.write(Int64(value), to: room.baseAddress!)
            bytes.append(contentsOf: room[..<count])
        }
    }

    /// `value` with two digits behind the point, as C's "%.2f".
    mutating func put(hundredths value: Double) {
        // What does not fit an integer is no figure of a server: nothing over nothing, say.
        guard value.isFinite, abs(value) < 1e15 else { return put("0.00") }
        let scaled = Int((abs(value) * 100).rounded())
        if value < 0, scaled > 0 { put(byte: UInt8(ascii: "-")) }
        put(scaled / 100)
        put(byte: UInt8(ascii: "."))
        put(byte: UInt8(ascii: "0") + UInt8(scaled / 10 % 10))
        put(byte: UInt8(ascii: "0") + UInt8(scaled % 10))
    }

    // MARK: Fields of INFO: `name:value` and a line end

    mutating func field(_ name: StaticString, _ value: Int) {
        put(name)
        put(byte: UInt8(ascii: ":"))
        put(value)
        put("\r\n")
    }

    mutating func field(_ name: StaticString, _ value: UInt64) {
        field(name, Int(clamping: value))
    }

    mutating func field(_ name: StaticString, _ text: String) {
        field(name, Array(text.utf8))
    }

    mutating func field(_ name: StaticString, _ text: [UInt8]) {
        put(name)
        put(byte: UInt8(ascii: ":"))
        put(text)
        put("\r\n")
    }

    /// With two digits behind the point, and what follows them (a per cent sign).
    mutating func field(_ name: StaticString, hundredths: Double, _ unit: StaticString = "") {
        put(name)
        put(byte: UInt8(ascii: ":"))
        put(hundredths: hundredths)
        put(unit)
        put("\r\n")
    }

    /// Fields that are 0 because the server does not have what they count.
    mutating func zeros(_ names: StaticString...) {
        for name in names { field(name, 0) }
    }

    /// A number of bytes, and the same for people under the name with `_human`.
    mutating func sizeField(_ name: StaticString, _ bytes: Int) {
        field(name, bytes)
        put(name)
        put("_human:")
        put(size: bytes)
        put("\r\n")
    }

    /// Bytes for people, as Redis writes them: 963.65K.
    mutating func put(size bytes: Int) {
        guard bytes >= 1024 else {
            put(bytes)
            return put("B")
        }
        var value = Double(bytes) / 1024
        for unit: StaticString in ["K", "M", "G", "T"] {
            if value < 1024 {
                put(hundredths: value)
                return put(unit)
            }
            value /= 1024
        }
        put(hundredths: value)
        put("P")
    }
}
