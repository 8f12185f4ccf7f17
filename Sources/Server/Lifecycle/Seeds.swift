// Random numbers of the process: the keys of the hash function, which no client may guess, and the
// seed of the engine's own random source.

import Glibc

enum Seeds {
    /// Fills `words`, at most 32 of them, from the kernel. False, with errno set, if it has none to
    /// give.
    static func fill(_ words: inout [UInt64]) -> Bool {
        words.withUnsafeMutableBytes { getentropy($0.baseAddress!, $0.count) == 0 }
    }
}
