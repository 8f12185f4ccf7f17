// Which keys go when memory is full: the policies of `maxmemory-policy` and their parameters.
//
// Set by the configuration, read by the eviction cycle and by every access that touches a clock.

import Memory

/// `maxmemory-policy`.
@frozen
package enum EvictionPolicy: UInt8, CaseIterable {
    case noeviction
    case allkeysLRU
    case allkeysLFU
    case allkeysRandom
    case volatileLRU
    case volatileLFU
    case volatileRandom
    case volatileTTL

    /// The name in the configuration and in INFO.
    package var name: StaticString {
        switch self {
        case .noeviction: "noeviction"
        case .allkeysLRU: "allkeys-lru"
        case .allkeysLFU: "allkeys-lfu"
        case .allkeysRandom: "allkeys-random"
        case .volatileLRU: "volatile-lru"
        case .volatileLFU: "volatile-lfu"
        case .volatileRandom: "volatile-random"
        case .volatileTTL: "volatile-ttl"
        }
    }

    /// The policy of that name, in any letter case.
    package init?(name: Bytes) {
        guard let policy = Self.allCases.first(where: { name.isWord($0.name) }) else { return nil }
        self = policy
    }

    /// Whether an entry's clock counts accesses; else it keeps the time of the last one.
    @inlinable
    package var isLFU: Bool { self == .allkeysLFU || self == .volatileLFU }

    /// Whether victims are chosen by how much they were used, so that each needs its own clock.
    package var usesClock: Bool {
        switch self {
        case .allkeysLRU, .allkeysLFU, .volatileLRU, .volatileLFU: true
        case .noeviction, .allkeysRandom, .volatileRandom, .volatileTTL: false
        }
    }

    /// Whether only keys with a deadline may go.
    package var isVolatile: Bool {
        switch self {
        case .volatileLRU, .volatileLFU, .volatileRandom, .volatileTTL: true
        case .noeviction, .allkeysLRU, .allkeysLFU, .allkeysRandom: false
        }
    }

    /// Whether victims are picked at random, without comparing candidates.
    package var isRandom: Bool { self == .allkeysRandom || self == .volatileRandom }
}

/// What the eviction clock and the eviction cycle are told by the configuration.
@frozen
package struct EvictionParameters {
    package var policy: EvictionPolicy
    /// `maxmemory-samples`: keys looked at for one eviction.
    package var samples: Int
    /// `lfu-log-factor` >= 0: how much harder each further count is than the one before.
    package var lfuLogFactor: Int
    /// `lfu-decay-time` >= 0: minutes for which a counter loses one; 0: never.
    package var lfuDecayMinutes: Int

    package init(
        policy: EvictionPolicy = .noeviction, samples: Int = 5, lfuLogFactor: Int = 10,
        lfuDecayMinutes: Int = 1
    ) {
        self.policy = policy
        self.samples = samples
        self.lfuLogFactor = lfuLogFactor
        self.lfuDecayMinutes = lfuDecayMinutes
    }
}
