// What DUMP answers with and RESTORE takes:
//
//     kind and value | version of the format, 2 bytes | CRC-64 of all before, 8 bytes
//
// both little endian. Bytes between the value and the version are no error, in Redis neither.

import Memory

package enum DumpPayload {
    private static let footerBytes = 10

    /// The payload of an entry's value; its one reference is the caller's.
    static func make(_ entry: Entry, _ engine: UnsafeMutablePointer<Engine>) -> SharedBlob {
        var encoder = ValueEncoder(.oldest, compresses: engine.pointee.settings.compressesDumps)
        encoder.encode(entry, engine)
        encoder.sink.little(UInt64(encoder.version), 2)
        encoder.sink.little(CRC64.of(encoder.sink.bytes), 8)
        return encoder.finish()
    }

    /// Bytes of an entry's value as Redis 7.4 would write it, its kind left out (DEBUG OBJECT).
    package static func serializedLength(
        _ entry: Entry, _ engine: UnsafeMutablePointer<Engine>
    ) -> Int {
        var encoder = ValueEncoder(
            .redis74, compresses: engine.pointee.settings.compressesDumps)
        encoder.encode(entry, engine)
        return encoder.sink.bytes.count - 1
    }

    /// Kind and value of a payload with their version, if that is known and the checksum (unless
    /// it is not looked at) is right.
    static func open(_ payload: Bytes, checked: Bool) -> (value: Bytes, version: UInt16)? {
        let end = payload.count - footerBytes
        guard end >= 0 else { return nil }
        let version = UInt16(payload.little(end, 2))
        guard SerialVersion.isKnown(version) else { return nil }
        if checked {
            let sum = CRC64.of(payload.slice(0, end + 2))
            guard sum == payload.little(end + 2, 8) else { return nil }
        }
        return (payload.slice(0, end), version)
    }
}
