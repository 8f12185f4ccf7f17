// Sorting of which only a part is wanted: SORT with LIMIT, GEOSEARCH with COUNT.
//
// Called by those commands. Where elements compare as equal, their order in the result is the order
// in which the algorithm leaves them, which clients see; so both are the algorithms that Redis 7.4
// uses: a stable merge for the whole run, and for a part of it the quicksort of Bentley and McIlroy
// ("Engineering a Sort Function", 1993), which goes on only into pieces that touch that part.

/// Sorts a run of trivial elements by `compare`, which returns a number below, of or above 0.
///
/// After `sort(keeping:)` the places of that range hold what they would hold after sorting all.
struct PartialSort<Element: BitwiseCopyable> {
    let base: UnsafeMutablePointer<Element>
    let compare: (Element, Element) -> Int

    /// Sorts all of `count` elements, equal ones in the order in which they stand.
    /// - Complexity: O(n log n)
    @inline(__always)
    static func sort(
        _ base: UnsafeMutablePointer<Element>, _ count: Int,
        _ compare: (Element, Element) -> Int
    ) {
        guard count > 1 else { return }
        withUnsafeTemporaryAllocation(of: Element.self, capacity: count) { scratch in
            mergeSort(base, count, scratch.baseAddress.unsafelyUnwrapped, compare)
        }
    }

    private static func mergeSort(
        _ base: UnsafeMutablePointer<Element>, _ count: Int,
        _ scratch: UnsafeMutablePointer<Element>, _ compare: (Element, Element) -> Int
    ) {
        if count <= 8 { return insertionSort(base, count, compare) }
        let half = count / 2
        mergeSort(base, half, scratch, compare)
        mergeSort(base + half, count - half, scratch, compare)
        if compare(base[half - 1], base[half]) <= 0 { return }
        scratch.update(from: base, count: half)
        var left = 0
        var right = half
        var out = 0
        while left < half {
            if right < count, compare(scratch[left], base[right]) > 0 {
                base[out] = base[right]
                right += 1
            } else {
                base[out] = scratch[left]
                left += 1
            }
            out += 1
        }
    }

    private static func insertionSort(
        _ base: UnsafeMutablePointer<Element>, _ count: Int,
        _ compare: (Element, Element) -> Int
    ) {
        var i = 1
        while i < count {
            var k = i
            while k > 0, compare(base[k - 1], base[k]) > 0 {
                swap(base, k, k - 1)
                k -= 1
            }
            i += 1
        }
    }

    @inline(__always)
    private static func swap(_ base: UnsafeMutablePointer<Element>, _ a: Int, _ b: Int) {
        let kept = base[a]
        base[a] = base[b]
        base[b] = kept
    }

    /// Sorts as much of `count` elements as it takes to have the places `range` (not empty) right.
    /// - Complexity: O(n + m log m) on average, m being the range's length
    static func sort(
        _ base: UnsafeMutablePointer<Element>, _ count: Int, keeping range: Range<Int>,
        _ compare: (Element, Element) -> Int
    ) {
        var start = 0
        var count = count
        while true {
            let run = base + start
            if count < 7 { return insertionSort(run, count, compare) }
            let (less, greater) = partition(run, count, compare)
            if less > 1, touches(range, start, less) {
                sort(run, less, keeping: shifted(range, by: start), compare)
            }
            start += count - greater
            count = greater
            guard greater > 1, touches(range, start, greater) else { return }
        }
    }

    /// The range as seen from a run that begins later; parts before the run do not matter.
    private static func shifted(_ range: Range<Int>, by start: Int) -> Range<Int> {
        (range.lowerBound - start)..<(range.upperBound - start)
    }

    private static func touches(_ range: Range<Int>, _ start: Int, _ count: Int) -> Bool {
        range.lowerBound < start + count && range.upperBound > start
    }

    /// Puts elements below a chosen one first, those above it last, and those equal to it between;
    /// returns how many are below and above.
    private static func partition(
        _ run: UnsafeMutablePointer<Element>, _ count: Int,
        _ compare: (Element, Element) -> Int
    ) -> (less: Int, greater: Int) {
        swap(run, 0, pivot(run, count, compare))
        // Equal elements gather at both ends: before a and behind d.
        var a = 1
        var b = 1
        var c = count - 1
        var d = count - 1
        while true {
            while b <= c {
                let order = compare(run[b], run[0])
                if order > 0 { break }
                if order == 0 {
                    swap(run, a, b)
                    a += 1
                }
                b += 1
            }
            while b <= c {
                let order = compare(run[c], run[0])
                if order < 0 { break }
                if order == 0 {
                    swap(run, c, d)
                    d -= 1
                }
                c -= 1
            }
            if b > c { break }
            swap(run, b, c)
            b += 1
            c -= 1
        }
        let left = min(a, b - a)
        exchange(run, 0, b - left, left)
        let right = min(d - c, count - 1 - d)
        exchange(run, b, count - right, right)
        return (b - a, d - c)
    }

    /// Exchanges `count` elements at two places.
    private static func exchange(
        _ run: UnsafeMutablePointer<Element>, _ a: Int, _ b: Int, _ count: Int
    ) {
        for i in 0..<max(0, count) { swap(run, a + i, b + i) }
    }

    private static func pivot(
        _ run: UnsafeMutablePointer<Element>, _ count: Int,
        _ compare: (Element, Element) -> Int
    ) -> Int {
        var low = 0
        var middle = count / 2
        var high = count - 1
        if count == 7 { return middle }
        if count > 40 {
            let d = count / 8
            low = median(run, low, low + d, low + 2 * d, compare)
            middle = median(run, middle - d, middle, middle + d, compare)
            high = median(run, high - 2 * d, high - d, high, compare)
        }
        return median(run, low, middle, high, compare)
    }

    private static func median(
        _ run: UnsafeMutablePointer<Element>, _ a: Int, _ b: Int, _ c: Int,
        _ compare: (Element, Element) -> Int
    ) -> Int {
        if compare(run[a], run[b]) < 0 {
            if compare(run[b], run[c]) < 0 { return b }
            return compare(run[a], run[c]) < 0 ? c : a
        }
        if compare(run[b], run[c]) > 0 { return b }
        return compare(run[a], run[c]) < 0 ? a : c
    }
}
