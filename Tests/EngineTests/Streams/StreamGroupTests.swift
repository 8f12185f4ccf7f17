// Consumer groups against a dictionary: who has what pending.

import Memory
import Testing

@testable import Engine

@Suite(.serialized) struct StreamGroupTests {
    private struct Pending: Equatable {
        var consumer: String
        var time: Int64
        var count: Int64
    }

    private func check(
        _ group: StreamGroup, _ model: [Int: Pending], _ consumers: Set<String>, _ note: String
    ) {
        #expect(group.pendingCount == model.count, "\(note)")
        #expect(group.isComplete, "\(note)")
        var seen: [Int] = []
        group.forEachPending { pending in
            let number = Int(pending.id.milliseconds)
            seen.append(number)
            let shown = Pending(
                consumer: pending.consumer?.name.string ?? "", time: pending.deliveryTime,
                count: pending.deliveryCount)
            #expect(shown == model[number], "\(note)")
            return true
        }
        #expect(seen == model.keys.sorted(), "\(note)")
        var names: [String] = []
        group.forEachConsumer { consumer in
            names.append(consumer.name.string)
            var own: [Int] = []
            consumer.forEachPending {
                own.append(Int($0.milliseconds))
                return true
            }
            let expected = model.filter { $0.value.consumer == consumer.name.string }.keys.sorted()
            #expect(own == expected && consumer.pendingCount == own.count, "\(note)")
        }
        #expect(names == consumers.sorted(), "\(note)")
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `Deliveries, claims and acknowledgements match a dictionary`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let stream = PackedStream.create()
        defer { stream.destroy() }
        var group = "group".withBytes {
            stream.createGroup($0, lastID: .zero, entriesRead: 0).unsafelyUnwrapped
        }
        var model: [Int: Pending] = [:]
        var consumers: Set<String> = []
        for round in 0..<3000 {
            let name = "consumer\(random.below(6))"
            let number = random.below(2000)
            let id = StreamID(UInt64(number), 0)
            let consumer = name.withBytes { group.makeConsumer($0, seenTime: 1).consumer }
            consumers.insert(name)
            switch random.below(100) {
            case 0..<50:
                group.deliver(id, to: consumer, now: Int64(round))
                model[number] = Pending(consumer: name, time: Int64(round), count: 1)
            case 50..<75:
                #expect(group.acknowledge(id) == (model.removeValue(forKey: number) != nil))
            case 75..<97:
                guard let pending = group.pending(id) else {
                    #expect(model[number] == nil)
                    continue
                }
                pending.pointee.deliveryCount += 1
                group.assign(pending, to: consumer)
                model[number]?.consumer = name
                model[number]?.count += 1
            case 97:
                let owned = model.filter { $0.value.consumer == name }
                #expect(group.deleteConsumer(consumer) == owned.count)
                for key in owned.keys { model[key] = nil }
                consumers.remove(name)
            default:
                let copy = group.copy()
                let rest = stream.destroy(group)
                #expect(rest == nil || model.count > 200)
                rest?.destroy()
                stream.fields.pointee.groups.insert(copy)
                group = copy
            }
            if round % 100 == 0 { check(group, model, consumers, "seed \(seed), round \(round)") }
        }
        check(group, model, consumers, "seed \(seed), end")
    }

    @Test func `A group put together by hand is complete when every entry has a consumer`() {
        let stream = PackedStream.create()
        defer { stream.destroy() }
        let group = "g".withBytes {
            stream.createGroup($0, lastID: .zero, entriesRead: -1).unsafelyUnwrapped
        }
        #expect("g".withBytes { stream.createGroup($0, lastID: .zero, entriesRead: 0) } == nil)
        #expect(group.addPending(StreamID(1, 1), deliveryTime: 5, deliveryCount: 2))
        #expect(!group.addPending(StreamID(1, 1), deliveryTime: 5, deliveryCount: 2))
        #expect(!group.isComplete)
        let consumer = "c".withBytes { group.makeConsumer($0, seenTime: 1).consumer }
        #expect(!group.adopt(StreamID(2, 2), consumer))
        #expect(group.adopt(StreamID(1, 1), consumer))
        #expect(!group.adopt(StreamID(1, 1), consumer))
        #expect(group.isComplete && consumer.pendingCount == 1)
    }
}
