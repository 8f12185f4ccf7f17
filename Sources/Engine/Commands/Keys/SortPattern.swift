// The patterns of SORT's BY and GET: keys, and fields of hashes, whose names are made of an element.
//
//     weight_*        the string under weight_ and the element
//     object_*->name  the field `name` of the hash there
//     #               the element itself
//
// As in Redis 7.4, which reads patterns as C strings: what stands behind a zero byte is no star, no
// arrow and no sharp.

import Memory
import RESP

struct SortPattern {
    private let text: Bytes
    /// Where the star is; nil without one.
    private let star: Int?
    /// Where the arrow to a field begins; nil without one.
    private let arrow: Int?

    init(_ text: Bytes) {
        self.text = text
        let visible = text.upToZero
        star = (0..<visible.count).first { visible[$0] == UInt8(ascii: "*") }
        guard let star else {
            arrow = nil
            return
        }
        let found = (star + 1..<max(star + 1, visible.count - 1)).first {
            visible[$0] == UInt8(ascii: "-") && visible[$0 + 1] == UInt8(ascii: ">")
        }
        // An arrow to nothing is part of the key.
        arrow = found.flatMap { $0 + 2 < visible.count ? $0 : nil }
    }

    var namesKeys: Bool { star != nil }

    /// What stands under the name that an element makes.
    enum Found {
        case nothing
        case element
        case string(Entry)
        case field(PackedItem)

        /// Lends the text, nil for nothing.
        func withText<R>(_ element: Bytes, _ body: (Bytes?) -> R) -> R {
            switch self {
            case .nothing: body(nil)
            case .element: body(element)
            case .string(let entry): entry.withString { body($0) }
            case .field(let item): item.withText { body($0) }
            }
        }
    }

    /// Valid until the keyspace changes, which finding the next one may do: a field past its time is
    /// removed.
    func find(_ element: Bytes, _ c: borrowing CommandContext) -> Found {
        guard let star else { return text.upToZero.equals(Bytes("#")) ? .element : .nothing }
        let before = text.slice(0, star)
        let behind = text.slice(star + 1, arrow ?? text.count)
        let length = before.count + element.count + behind.count
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: length + 1) {
            let name = $0.baseAddress.unsafelyUnwrapped
            name.update(from: before.base, count: before.count)
            (name + before.count).update(from: element.base, count: element.count)
            (name + before.count + element.count).update(from: behind.base, count: behind.count)
            return find(key: Bytes(UnsafePointer(name), length), c)
        }
    }

    private func find(key: Bytes, _ c: borrowing CommandContext) -> Found {
        let hash = c.engine.pointee.hash(key)
        guard let entry = c.lookupRead(key, hash) else { return .nothing }
        guard let arrow else { return entry.isString ? .string(entry) : .nothing }
        guard entry.isHash else { return .nothing }
        let name = text.slice(arrow + 2, text.count)
        let value = HashValue(entry, c.engine)
        guard let field = value.find(name) else { return .nothing }
        if field.deadline != 0, value.isExpired(field.deadline) {
            _ = c.database.pointee.expireField(key, hash, name)
            return .nothing
        }
        return .field(field.value)
    }
}
