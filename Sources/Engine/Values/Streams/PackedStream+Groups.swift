// A stream's consumer groups, and the counting of what they have read (Redis 7.4's entries-read and
// lag, which are estimates where entries were deleted).

import Memory

extension PackedStream {
    /// A group with more to free than this is freed in slices.
    private static var groupAtOnce: Int { 256 }

    package func group(_ name: Bytes) -> StreamGroup? {
        fields.pointee.groups.find(StreamName(name))?.pointee
    }

    /// A new group; nil if there is one of that name.
    package func createGroup(
        _ name: Bytes, lastID: StreamID, entriesRead: Int64
    ) -> StreamGroup? {
        guard group(name) == nil else { return nil }
        let new = StreamGroup(name: name, lastID: lastID, entriesRead: entriesRead)
        fields.pointee.groups.insert(new)
        return new
    }

    /// Removes a group. A large one comes back in a stream that is only good for freeing.
    package func destroy(_ group: StreamGroup) -> PackedStream? {
        fields.pointee.groups.remove(group.key)
        let rest = PackedStream.create()
        rest.fields.pointee.groups.insert(group)
        if group.pendingCount + group.consumerCount > Self.groupAtOnce { return rest }
        rest.destroy()
        return nil
    }

    /// Calls `body` with the groups in the order of their names.
    package func forEachGroup(_ body: (StreamGroup) -> Void) {
        fields.pointee.groups.forEach { body($0.pointee) }
    }

    // MARK: Counting

    /// Whether an entry from `first` on may have been deleted by XDEL.
    private func mayHaveGaps(from first: StreamID) -> Bool {
        if length == 0 || maxDeletedID.isZero || firstID > maxDeletedID { return false }
        return first <= maxDeletedID
    }

    /// How many of the entries ever added come up to `id`; nil where that cannot be told.
    package func entriesRead(through id: StreamID) -> Int64? {
        if entriesAdded == 0 { return 0 }
        if length == 0 && id <= lastID { return entriesAdded }
        if id == lastID { return entriesAdded }
        if id > lastID { return nil }
        guard maxDeletedID.isZero || maxDeletedID < firstID else { return nil }
        if id < firstID { return entriesAdded &- Int64(length) }
        return id == firstID ? entriesAdded &- Int64(length) &+ 1 : nil
    }

    /// How many entries the group has yet to read; nil where that cannot be told.
    package func lag(of group: StreamGroup) -> Int64? {
        if entriesAdded == 0 { return 0 }
        if group.entriesRead != StreamGroup.unknownCount, !mayHaveGaps(from: group.lastID) {
            return entriesAdded &- group.entriesRead
        }
        guard let read = entriesRead(through: group.lastID) else { return nil }
        return entriesAdded &- read
    }

    /// Notes that the group has been given the entry `id`, in the order of the stream.
    func noteRead(_ id: StreamID, by group: StreamGroup) {
        if group.entriesRead != StreamGroup.unknownCount, !mayHaveGaps(from: id) {
            group.entriesRead &+= 1
        } else if entriesAdded != 0 {
            group.entriesRead = entriesRead(through: id) ?? StreamGroup.unknownCount
        }
        group.lastID = id
    }
}
