// The checksum at the end of DUMP payloads and snapshot files: CRC-64 with the polynomial of David
// T. Jones, reflected, starting at 0 and without a final inversion ("CRC-64/REDIS" in catalogues).
//
// Eight bytes at a time: table k holds what a byte contributes that has k more bytes behind it.

import Memory

package enum CRC64 {
    /// x^64 + ... in reflected form.
    private static let polynomial: UInt64 = 0x95AC_9329_AC4B_C9B5

    /// Eight tables of 256 words, one after the other.
    private static let tables: [UInt64] = {
        var tables = [UInt64](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var crc = UInt64(byte)
            for _ in 0..<8 { crc = crc & 1 == 0 ? crc >> 1 : crc >> 1 ^ polynomial }
            tables[byte] = crc
        }
        for i in 256..<tables.count {
            let before = tables[i - 256]
            tables[i] = before >> 8 ^ tables[Int(before & 0xFF)]
        }
        return tables
    }()

    package static func of(_ bytes: Bytes) -> UInt64 { update(0, bytes) }

    /// The checksum of what `crc` is the checksum of, followed by `bytes`.
    package static func update(_ crc: UInt64, _ bytes: Bytes) -> UInt64 {
        tables.withUnsafeBufferPointer { tables in
            var crc = crc
            var p = bytes.base
            let end = bytes.end
            while end - p >= 8 {
                crc ^= UnsafeRawPointer(p).loadUnaligned(as: UInt64.self).littleEndian
                var next: UInt64 = 0
                for k in 0..<8 {
                    next ^= tables[(7 - k) &* 256 &+ Int(crc &>> UInt64(8 &* k) & 0xFF)]
                }
                crc = next
                p += 8
            }
            while p < end {
                crc = tables[Int((crc ^ UInt64(p.pointee)) & 0xFF)] ^ crc &>> 8
                p += 1
            }
            return crc
        }
    }
}
