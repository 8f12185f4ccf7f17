// The arithmetic of INCRBYFLOAT and HINCRBYFLOAT: C's long double, 80 bits on x86-64.
//
// Called by those commands. Where Swift has no such type (other processors), Double stands in; there
// Redis itself computes with yet another width.

import Glibc
import Memory

/// An extended-precision number of INCRBYFLOAT.
package struct LongDouble {
    #if arch(x86_64) || arch(i386)
        package typealias Value = Float80
    #else
        package typealias Value = Double
    #endif

    package let value: Value

    package init(_ value: Value) { self.value = value }

    /// Longest text that Redis reads; longer arguments are no numbers.
    static var maxTextBytes: Int { 5 * 1024 - 1 }

    /// The number that the whole of `text` is, or nil; rules as of `Bytes.double`.
    package init?(_ text: Bytes) {
        guard text.count > 0, text.count <= Self.maxTextBytes else { return nil }
        let parsed = text.withTerminated { copy, length -> Value? in
            if isspace(Int32(copy[0])) != 0 { return nil }
            var end: UnsafeMutablePointer<CChar>?
            errno = 0
            let value = copy.withMemoryRebound(to: CChar.self, capacity: length + 1) {
                #if arch(x86_64) || arch(i386)
                    strtold($0, &end)
                #else
                    strtod($0, &end)
                #endif
            }
            guard let end, UnsafeRawPointer(end) - UnsafeRawPointer(copy) == length else {
                return nil
            }
            if errno == ERANGE, value.isInfinite || value == 0 { return nil }
            return value.isNaN ? nil : value
        }
        guard let parsed else { return nil }
        value = parsed
    }

    package func adding(_ other: LongDouble) -> LongDouble { LongDouble(value + other.value) }

    /// False for what "increment would produce NaN or Infinity" is said about.
    package var isFinite: Bool { value.isFinite }

    /// A finite number for humans: 17 decimals rounded, without trailing zeros, never an exponent,
    /// and "0" for minus zero.
    package var text: [UInt8] {
        // 4933 digits before the point are the most; sign, point, decimals and NUL beside them.
        var buffer = [CChar](repeating: 0, count: 5 * 1024)
        #if arch(x86_64) || arch(i386)
            let format = "%.17Lf"
        #else
            let format = "%.17f"
        #endif
        let written = withVaList([value]) {
            vsnprintf(&buffer, buffer.count, format, $0)
        }
        var length = min(max(0, Int(written)), buffer.count - 1)
        if buffer[..<length].contains(0x2E) {
            while buffer[length - 1] == 0x30 { length -= 1 }
            if buffer[length - 1] == 0x2E { length -= 1 }
        }
        let text = buffer[..<length].map { UInt8(bitPattern: $0) }
        return text == Array("-0".utf8) ? Array("0".utf8) : text
    }
}
