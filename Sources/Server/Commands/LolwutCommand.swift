// LOLWUT: a picture, a different one each time, and the version that clients look for.

import Configuration
import Engine
import Memory
import RESP

extension Server {
    private static var skylineWidth: Int { 48 }
    private static var skylineHeight: Int { 8 }

    /// LOLWUT [VERSION version]: every version has the same picture.
    @inline(never)
    func lolwutCommand(_ client: ClientPointer, _ c: inout CommandContext) {
        if c.count > 2, c[1].isWord("version"), c[2].integer == nil {
            return c.reply.pointee.error("ERR value is not an integer or out of range")
        }
        var text = TextBuffer(capacity: 1024)
        var random = RandomSource(seed: reactor.pointee.clock.readRealtimeNanoseconds())
        drawSkyline(&random, into: &text)
        text.put("\nRedis ver. ")
        text.put(text: Version.redis)
        text.put("\n")
        text.bytes.withBytes { c.reply.pointee.verbatim("txt", $0) }
    }

    /// A town at night: stars, houses of random height and width, some windows lit.
    private func drawSkyline(_ random: inout RandomSource, into text: inout TextBuffer) {
        var heights: [Int] = []
        while heights.count < Self.skylineWidth {
            let height = 1 + Int(random.below(UInt64(Self.skylineHeight - 2)))
            let width = 3 + Int(random.below(5))
            heights += [Int](repeating: height, count: width)
            heights.append(0)
        }
        for row in 0..<Self.skylineHeight {
            for column in 0..<Self.skylineWidth {
                let isHouse = Self.skylineHeight - row <= heights[column]
                let isBright = random.below(isHouse ? 3 : 24) == 0
                text.put(isHouse ? (isBright ? "o" : "#") : (isBright ? "." : " "))
            }
            text.put("\n")
        }
    }
}
