// The engine's random numbers: xoshiro256**, seeded from outside.
//
// Whoever makes the engine gives the seed (the server draws it from the kernel, a test writes it
// down), so a seed replays a run. Not for secrets: hash keys come from the kernel directly.

/// A small, fast generator of 64-bit numbers; a copy repeats the original's sequence.
@frozen
package struct RandomSource {
    @usableFromInline var s0: UInt64
    @usableFromInline var s1: UInt64
    @usableFromInline var s2: UInt64
    @usableFromInline var s3: UInt64

    /// Any seed will do: it is spread over the 256 bits of state with splitmix64, which never
    /// leaves all of them zero.
    package init(seed: UInt64) {
        var x = seed
        func spread() -> UInt64 {
            x &+= 0x9e37_79b9_7f4a_7c15
            var z = x
            z = (z ^ (z &>> 30)) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ (z &>> 27)) &* 0x94d0_49bb_1331_11eb
            return z ^ (z &>> 31)
        }
        s0 = spread()
        s1 = spread()
        s2 = spread()
        s3 = spread()
    }

    /// The next number, each of the 2^64 equally likely.
    @inlinable
    package mutating func next() -> UInt64 {
        let product = s1 &* 5
        let result = (product &<< 7 | product &>> 57) &* 9
        let t = s1 &<< 17
        s2 ^= s0
        s3 ^= s1
        s1 ^= s2
        s0 ^= s3
        s2 ^= t
        s3 = s3 &<< 45 | s3 &>> 19
        return result
    }

    /// A number in 0..<n, each equally likely; `n` > 0.
    ///
    /// The high word of a product is a fair pick except for 2^64 mod n low words, which are drawn
    /// again (Lemire, "Fast Random Integer Generation in an Interval").
    @inlinable
    package mutating func below(_ n: UInt64) -> UInt64 {
        assert(n > 0)
        var product = next().multipliedFullWidth(by: n)
        if product.low < n {
            let unfair = (0 &- n) % n
            while product.low < unfair { product = next().multipliedFullWidth(by: n) }
        }
        return product.high
    }

    /// An index in 0..<count; `count` > 0.
    @inlinable
    package mutating func below(_ count: Int) -> Int { Int(below(UInt64(count))) }
}
