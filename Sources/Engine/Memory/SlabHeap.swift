// Cells of 16 bytes to 4.5 KiB. Up to 128 bytes the size classes are 8 bytes apart, where jemalloc
// has 16; above, there are eight to a doubling, where jemalloc has four. And all on huge pages.
//
// Entries and child buckets live here. A slab is 64 KiB of cells of one class, aligned to its
// size, so that a cell finds its slab by masking; 32 slabs share one 2 MiB region on a huge page.
//
//   region  | slab 0 | slab 1 | ... | slab 31 |        each slab: | header 64 | cell | cell | ...
//            (the region's place in the list of regions stands behind the header of its slab 0, and
//            behind that the class of each slab, a byte each: a cell finds its size there, in the
//            region's own huge page and in few cache lines)
//
// Invariants: a slab with room that is not being emptied is in its class's list, one that is being
// emptied in the list of those; a slab without a live cell is back in its region (but the last of a
// class); a region without a slab in use goes back to the kernel, one region of slack kept. Freed
// cells are linked through their first word.

import CMachine
import Memory

struct SlabHeap: ~Copyable {
    static let slabBytes = 64 * 1024
    static let slabsPerRegion = PieceStore.pieceBytes / slabBytes
    /// Cells larger than this come from the general allocator.
    static var largestCell: Int { 4608 }
    /// Up to this, classes are 8 bytes apart; above, eight to a doubling.
    private static var largestFineCell: Int { 128 }
    static var classCount: Int { index(ofCell: largestCell) + 1 }

    struct Slab {
        var free: UnsafeMutableRawPointer?
        var next: UnsafeMutablePointer<Slab>?
        var previous: UnsafeMutablePointer<Slab>?
        /// Offset of the first cell never handed out.
        var fresh: UInt32
        var live: UInt32
        var capacity: UInt32
        var cellBytes: UInt16
        var listed: Bool
        /// Being emptied by compaction: nothing is allocated here any more.
        var evacuating: Bool
    }

    struct Region {
        let base: UnsafeMutableRawPointer
        /// Bit i: slab i is in use.
        var used: UInt32
        /// Being emptied as a whole: no slab is taken here while another region has one.
        var draining: Bool
        /// Bit i: slab i is free and its memory went back to the kernel.
        var givenBack: UInt32 = 0
    }

    typealias SlabPointer = UnsafeMutablePointer<Slab>

    /// Per class, the slabs with room.
    let partial: UnsafeMutablePointer<SlabPointer?>
    /// Slabs being emptied, linked through `next` and `previous`.
    private(set) var evacuating: SlabPointer?
    /// Every region, in no order; a region's header says its index here.
    var regions: UnsafeMutablePointer<Region>
    private(set) var regionCount = 0
    private var regionCapacity = 8
    /// Classes whose last slab stayed when it became empty, the latest ones.
    private var keptClasses = InlineArray<4, UInt8>(repeating: 0)
    private var keptCursor = 0
    /// Slabs not in use in all regions together.
    private(set) var freeSlabs = 0
    /// Bytes in live cells.
    private(set) var liveBytes = 0
    /// Slabs taken and given back since start; for `rest`: as it last saw that, and how often since.
    private(set) var slabChanges = 0
    var restedChanges = 0
    var calm = 0

    init() {
        partial = .allocate(capacity: Self.classCount)
        partial.initialize(repeating: nil, count: Self.classCount)
        regions = .allocate(capacity: regionCapacity)
    }

    deinit {
        for i in 0..<regionCount { PieceStore.giveBack(regions[i].base) }
        partial.deallocate()
        regions.deallocate()
    }

    /// Bytes mapped for slabs, in use or not.
    var mappedBytes: Int { regionCount * PieceStore.pieceBytes }

    /// The cell size that serves `bytes`.
    @inline(__always)
    static func cellBytes(_ bytes: Int) -> Int {
        if bytes <= largestFineCell { return bytes < 16 ? 16 : (bytes &+ 7) & ~7 }
        let step = 60 &- (bytes &- 1).leadingZeroBitCount
        return ((bytes &- 1) &>> step &+ 1) &<< step
    }

    /// The number of the class of cells of `cell` bytes.
    @inline(__always)
    static func index(ofCell cell: Int) -> Int {
        if cell <= largestFineCell { return cell &>> 3 }
        let log = 63 &- (cell &- 1).leadingZeroBitCount
        return largestFineCell / 8 &+ 1 &+ (log &- 7) &* 8 &+ ((cell &- 1) &>> (log &- 3)) & 7
    }

    // MARK: Cells

    /// An uninitialised cell for `bytes`, at most `largestCell`.
    @inline(__always)
    mutating func allocate(_ bytes: Int) -> UnsafeMutableRawPointer {
        assert(bytes > 0 && bytes <= Self.largestCell)
        let cell = Self.cellBytes(bytes)
        liveBytes &+= cell
        #if FLASHKVD_SANITIZE
            return Allocator.allocate(cell)
        #else
            Allocator.account(cell)
            guard let slab = partial[Self.index(ofCell: cell)], let p = slab.pointee.free else {
                return allocateSlowly(cell)
            }
            slab.pointee.free = p.load(as: UnsafeMutableRawPointer?.self)
            slab.pointee.live &+= 1
            if slab.pointee.live == slab.pointee.capacity { unlist(slab) }
            return p
        #endif
    }

    /// Gives a cell back; `bytes` as it was asked for.
    @inline(__always)
    mutating func deallocate(_ p: UnsafeMutableRawPointer, _ bytes: Int) {
        let cell = Self.cellBytes(bytes)
        liveBytes &-= cell
        #if FLASHKVD_SANITIZE
            Allocator.deallocate(p, cell)
        #else
            Allocator.account(-cell)
            let slab = Self.slab(of: p)
            assert(Int(slab.pointee.cellBytes) == cell)
            p.storeBytes(of: slab.pointee.free, as: UnsafeMutableRawPointer?.self)
            slab.pointee.free = p
            slab.pointee.live &-= 1
            if !slab.pointee.listed || slab.pointee.live == 0 { deallocateSlowly(slab) }
        #endif
    }

    @inline(__always)
    static func slab(of p: UnsafeMutableRawPointer) -> SlabPointer {
        let address = UInt(bitPattern: p) & ~UInt(slabBytes - 1)
        return UnsafeMutablePointer(bitPattern: address).unsafelyUnwrapped
    }

    /// Where a region keeps the classes of its slabs, from its start on.
    private static var classesOffset: Int { 72 }

    /// The size of the cell at `p`, which is one of at most 128 bytes.
    @inline(__always)
    static func fineCellBytes(at p: UnsafeMutableRawPointer) -> Int {
        let address = UInt(bitPattern: p)
        let region = address & ~UInt(PieceStore.pieceBytes - 1)
        let slab = (address &- region) &>> 16
        assert(slabBytes == 1 << 16)
        let at = region &+ UInt(classesOffset) &+ slab
        let place = UnsafePointer<UInt8>(bitPattern: at).unsafelyUnwrapped
        assert(place.pointee <= largestFineCell / 8)
        return Int(place.pointee) &<< 3
    }

    /// Whether compaction wants the cell at `p` moved. Pass cells only.
    @inline(__always)
    static func isEvacuating(_ p: UnsafeMutableRawPointer) -> Bool {
        #if FLASHKVD_SANITIZE
            return false
        #else
            return slab(of: p).pointee.evacuating
        #endif
    }

    @inline(never)
    private mutating func allocateSlowly(_ cell: Int) -> UnsafeMutableRawPointer {
        let slab = partial[Self.index(ofCell: cell)] ?? makeSlab(cell)
        let base = UnsafeMutableRawPointer(slab)
        // The list holds only slabs with room, so one without freed cells has fresh ones. They
        // are threaded in small runs: touching a whole new slab at once would take long.
        let start = Int(slab.pointee.fresh)
        let available = (Self.slabBytes - start) / cell
        assert(slab.pointee.free == nil && available > 0)
        let run = min(available, max(1, 2048 / cell))
        var next: UnsafeMutableRawPointer?
        var i = run - 1
        while i > 0 {
            let p = base + start + i * cell
            p.storeBytes(of: next, as: UnsafeMutableRawPointer?.self)
            next = p
            i -= 1
        }
        slab.pointee.free = next
        slab.pointee.fresh = UInt32(start + run * cell)
        slab.pointee.live += 1
        if slab.pointee.live == slab.pointee.capacity { unlist(slab) }
        return base + start
    }

    @inline(never)
    private mutating func deallocateSlowly(_ slab: SlabPointer) {
        if slab.pointee.live == 0 {
            if slab.pointee.listed {
                if slab.pointee.next == nil && slab.pointee.previous == nil {
                    return keepLast(Self.index(ofCell: Int(slab.pointee.cellBytes)))
                }
                unlist(slab)
            } else if slab.pointee.evacuating {
                unlinkEvacuating(slab)
            }
            releaseSlab(slab)
        } else if !slab.pointee.evacuating {
            list(slab)
        }
    }

    /// The last slab of a class stays although it is empty, or a class that holds one cell now and
    /// none then would take and return a slab each time. But few do: a block that grew has passed
    /// through all classes.
    private mutating func keepLast(_ index: Int) {
        let oldest = Int(keptClasses[keptCursor])
        keptClasses[keptCursor] = UInt8(index)
        keptCursor = (keptCursor + 1) % keptClasses.count
        guard oldest != index, let slab = partial[oldest], slab.pointee.live == 0,
            slab.pointee.next == nil
        else { return }
        unlist(slab)
        releaseSlab(slab)
    }

    // MARK: Lists of slabs with room

    private mutating func list(_ slab: SlabPointer) {
        let index = Self.index(ofCell: Int(slab.pointee.cellBytes))
        // Behind the head: the slab in use keeps being used, so others get a chance to empty.
        if let head = partial[index] {
            slab.pointee.next = head.pointee.next
            slab.pointee.previous = head
            head.pointee.next?.pointee.previous = slab
            head.pointee.next = slab
        } else {
            slab.pointee.next = nil
            slab.pointee.previous = nil
            partial[index] = slab
        }
        slab.pointee.listed = true
    }

    private mutating func unlist(_ slab: SlabPointer) {
        guard slab.pointee.listed else { return }
        if let previous = slab.pointee.previous {
            previous.pointee.next = slab.pointee.next
        } else {
            partial[Self.index(ofCell: Int(slab.pointee.cellBytes))] = slab.pointee.next
        }
        slab.pointee.next?.pointee.previous = slab.pointee.previous
        slab.pointee.next = nil
        slab.pointee.previous = nil
        slab.pointee.listed = false
    }

    // MARK: Slabs and regions

    private mutating func makeSlab(_ cell: Int) -> SlabPointer {
        if freeSlabs == 0 { addRegion() }
        let place = fullestRegionWithRoom()
        let index = (~regions[place].used).trailingZeroBitCount
        regions[place].used |= 1 << UInt32(index)
        regions[place].givenBack &= ~(1 << UInt32(index))
        freeSlabs -= 1
        slabChanges &+= 1
        if freeSlabs < Self.slabsPerRegion / 4 { PieceStore.isNearlyUsed = true }
        (regions[place].base + Self.classesOffset + index).storeBytes(
            of: UInt8(Self.index(ofCell: cell)), as: UInt8.self)
        let slab = (regions[place].base + index * Self.slabBytes)
            .bindMemory(to: Slab.self, capacity: 1)
        let start = index == 0 ? 128 : 64
        slab.initialize(
            to: Slab(
                free: nil, next: nil, previous: nil, fresh: UInt32(start), live: 0,
                capacity: UInt32((Self.slabBytes - start) / cell), cellBytes: UInt16(cell),
                listed: false, evacuating: false))
        list(slab)
        return slab
    }

    /// Touches only the list of regions, so its length costs little.
    private func fullestRegionWithRoom() -> Int {
        var best = 0
        var bestScore = -1
        var i = regionCount - 1
        while i >= 0 {
            let used = regions[i].used.nonzeroBitCount
            let score = regions[i].draining ? used : used + Self.slabsPerRegion
            if used < Self.slabsPerRegion && score > bestScore {
                best = i
                bestScore = score
            }
            i -= 1
        }
        assert(bestScore >= 0)
        return best
    }

    private mutating func releaseSlab(_ slab: SlabPointer) {
        let address = UInt(bitPattern: slab)
        let base = address & ~UInt(PieceStore.pieceBytes - 1)
        let region = UnsafeMutableRawPointer(bitPattern: base).unsafelyUnwrapped
        let place = Self.place(of: region).pointee
        regions[place].used &= ~(1 << UInt32((address - base) / UInt(Self.slabBytes)))
        freeSlabs += 1
        slabChanges &+= 1
        // One region of slack: a keyspace that breathes does not map and unmap each time.
        if regions[place].used == 0,
            regions[place].draining || freeSlabs >= 2 * Self.slabsPerRegion
        {
            removeRegion(place)
        }
    }

    /// The region's index in `regions`: behind the header of its slab 0, whose cells start after
    /// both.
    private static func place(of region: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Int> {
        (region + 64).assumingMemoryBound(to: Int.self)
    }

    private mutating func addRegion() {
        if regionCount == regionCapacity {
            let larger = UnsafeMutablePointer<Region>.allocate(capacity: regionCapacity * 2)
            larger.moveInitialize(from: regions, count: regionCount)
            regions.deallocate()
            regions = larger
            regionCapacity *= 2
        }
        let base = PieceStore.take()
        (base + 64).bindMemory(to: Int.self, capacity: 1).initialize(to: regionCount)
        (regions + regionCount).initialize(to: Region(base: base, used: 0, draining: false))
        regionCount += 1
        freeSlabs += Self.slabsPerRegion
    }

    private mutating func removeRegion(_ place: Int) {
        let base = regions[place].base
        regionCount -= 1
        regions[place] = regions[regionCount]
        Self.place(of: regions[place].base).pointee = place
        freeSlabs -= Self.slabsPerRegion
        PieceStore.giveBack(base)
    }

    // MARK: Compaction

    /// Calls `body` with every slab in use of a region.
    func forEachSlab(inRegion i: Int, _ body: (SlabPointer) -> Void) {
        let base = regions[i].base
        var used = regions[i].used
        while used != 0 {
            let index = used.trailingZeroBitCount
            used &= used &- 1
            body((base + index * Self.slabBytes).assumingMemoryBound(to: Slab.self))
        }
    }

    /// Says that region `i` is to be emptied as a whole.
    mutating func drain(region i: Int) { regions[i].draining = true }

    /// Stops allocation in `slab`, so that moving its cells elsewhere empties it.
    mutating func evacuate(_ slab: SlabPointer) {
        guard !slab.pointee.evacuating else { return }
        unlist(slab)
        slab.pointee.evacuating = true
        slab.pointee.next = evacuating
        evacuating?.pointee.previous = slab
        evacuating = slab
    }

    private mutating func unlinkEvacuating(_ slab: SlabPointer) {
        if let previous = slab.pointee.previous {
            previous.pointee.next = slab.pointee.next
        } else {
            evacuating = slab.pointee.next
        }
        slab.pointee.next?.pointee.previous = slab.pointee.previous
        slab.pointee.next = nil
        slab.pointee.previous = nil
        slab.pointee.evacuating = false
    }

    /// Ends the evacuation of one slab that did not empty: it serves allocations again. False when
    /// there is none left; then no region is being emptied any more either.
    mutating func settleOne() -> Bool {
        guard let slab = evacuating else {
            for i in 0..<regionCount { regions[i].draining = false }
            return false
        }
        unlinkEvacuating(slab)
        if slab.pointee.live == 0 {
            releaseSlab(slab)
        } else if slab.pointee.live < slab.pointee.capacity {
            list(slab)
        }
        return true
    }
}
