// What a string entry holds, whatever its encoding: read it, answer with it, name its encoding.

import Memory
import RESP

/// A string value in one of its forms. Valid until the keyspace changes.
package enum StringValue {
    case bytes(Bytes)
    case integer(Int64)
    case blob(SharedBlob)
}

extension Entry {
    /// The value of a string entry.
    @inline(__always)
    package var stringValue: StringValue {
        switch encoding {
        case .integer: .integer(integerValue)
        case .blob: .blob(blobValue)
        default: .bytes(embeddedBytes)
        }
    }

    /// Length of a string entry's value as text, in bytes.
    package var stringLength: Int {
        switch stringValue {
        case .bytes(let bytes): bytes.count
        case .integer(let integer): IntegerText.byteCount(integer)
        case .blob(let blob): blob.count
        }
    }

    /// The integer that a string entry's value is the one text of, or nil.
    @inline(__always)
    package var integerOfString: Int64? {
        switch stringValue {
        case .integer(let integer): integer
        case .bytes(let bytes): bytes.integer
        case .blob(let blob): blob.view.integer
        }
    }

    /// Lends the value's text to `body`; an integer is printed into a scratch buffer first.
    package func withString<R>(_ body: (Bytes) -> R) -> R {
        switch stringValue {
        case .bytes(let bytes): return body(bytes)
        case .blob(let blob): return body(blob.view)
        case .integer(let integer):
            return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: IntegerText.maxBytes) {
                let text = $0.baseAddress.unsafelyUnwrapped
                let count = IntegerText.write(integer, to: text)
                return body(Bytes(UnsafePointer(text), count))
            }
        }
    }
}

extension CommandContext {
    /// Finds a key to change; its eviction clock is left alone for a client that said NO-TOUCH.
    @inline(__always)
    func lookupWrite(_ key: Bytes, _ hash: UInt64) -> Position? {
        database.pointee.lookupWrite(key, hash, touch: !noTouch)
    }

    /// Finds a key to read, likewise.
    @inline(__always)
    func lookupRead(_ key: Bytes, _ hash: UInt64) -> Entry? {
        database.pointee.lookupRead(key, hash, touch: !noTouch)
    }

    /// An argument as an integer; or nil, and the error is written.
    @inline(__always)
    func integer(_ i: Int) -> Int64? {
        guard let integer = self[i].integer else {
            replyNotAnInteger()
            return nil
        }
        return integer
    }

    /// Answers with a string entry's value; a long one goes out by reference.
    @inline(__always)
    package func reply(string entry: Entry) {
        switch entry.stringValue {
        case .bytes(let bytes):
            if bytes.count > Database.largestEdited { engine.pointee.usesLongValues = true }
            reply.pointee.bulk(bytes)
        case .integer(let integer): reply.pointee.bulkInteger(Int(integer))
        case .blob(let blob):
            engine.pointee.usesLongValues = true
            reply.pointee.bulk(blob)
        }
    }

    /// Answers that the key holds another type than the command is for.
    @inline(never)
    package func replyWrongType() {
        reply.pointee.error("WRONGTYPE Operation against a key holding the wrong kind of value")
    }

    @inline(never)
    package func replySyntaxError() { reply.pointee.error("ERR syntax error") }

    @inline(never)
    package func replyNotAnInteger() {
        reply.pointee.error("ERR value is not an integer or out of range")
    }
}
