import Memory
package struct EvictionParameters { package var policy = Pol(); package struct Pol { var isLFU: Bool {false} } }
enum EvictionClock { static func initialLFU(now: Int64) -> UInt32 {0}; static func touchedLFU(_ c: UInt32, now: Int64, parameters: EvictionParameters, random: inout RandomSource) -> UInt32 {0} }
