// A connection's turn: receive once, parse, execute, send once.
//
// Hot. The usual case works in the reactor's shared buffer and leaves nothing behind. An incomplete
// request, or what exceeds the connection's share of the turn, is copied into the connection's own
// buffer and goes on from there. A long argument is received straight into its own blob.

import Engine
import EventLoop
import Memory
import RESP

extension Server {
    /// Requests that are parsed and looked ahead at a time.
    static var lookAhead: Int { 16 }
    /// Replies are sent early when this many bytes have gathered.
    static var replyHighWater: Int { 256 * 1024 }
    /// Room offered to a receive into the connection's own buffer.
    static var privateRoom: Int { 16 * 1024 }

    /// Serves a connection that the reactor delivered.
    func serve(_ connection: ConnectionPointer) {
        guard let context = connection.pointee.context else {
            reactor.pointee.close(connection)
            return
        }
        let client = context.assumingMemoryBound(to: Client.self)
        let state = connection.pointee.state
        if state.contains(.failed) || client.pointee.flags.contains(.closeNow) {
            close(client)
            return
        }
        if connection.pointee.output.bytes > 0, !settle(client, reactor.pointee.flush(connection)) {
            return
        }
        if client.pointee.flags.contains(.closeAfterReply) { return }
        if !client.pointee.flags.isDisjoint(with: [.paused, .blocked, .deferred]) {
            goOn(client)
        } else if state.contains(.readable) {
            receive(client)
        }
    }

    /// Executes input that was put off, before any more is received.
    @inline(never)
    private func goOn(_ client: ClientPointer) {
        let connection = client.pointee.connection
        let isPausedNow = client.pointee.flags.contains(.paused) && isPaused
        if isPausedNow || client.pointee.flags.contains(.blocked) {
            // The input of one that waits waits too, in the socket as well. Its end is no input.
            if connection.pointee.isPeerClosed { endOfWaiting(client) }
            return
        }
        client.pointee.flags.subtract([.paused, .deferred])
        guard processPrivate(client) else { return }
        let waits = !client.pointee.flags.isDisjoint(with: [.paused, .blocked, .deferred])
        if connection.pointee.isReadable, !waits { reactor.pointee.schedule(connection) }
    }

    // MARK: Receiving

    @inline(__always)
    private func receive(_ client: ClientPointer) {
        let connection = client.pointee.connection
        guard connection.pointee.input.capacity == 0, client.pointee.partial == nil else {
            receivePrivately(client)
            return
        }
        let buffer = reactor.pointee.receiveBuffer
        let received = reactor.pointee.receive(
            connection, into: buffer, room: reactor.pointee.limits.receiveBufferBytes)
        guard received.count > 0 else { return receivedNone(client, received) }
        let consumed = process(client, UnsafePointer(buffer), received.count)
        if consumed < 0 { return }
        if consumed < received.count {
            keep(client, UnsafePointer(buffer) + consumed, received.count - consumed)
        }
    }

    /// The rest of the input waits in the connection's own buffer.
    @inline(never)
    private func keep(_ client: ClientPointer, _ bytes: UnsafePointer<UInt8>, _ count: Int) {
        let connection = client.pointee.connection
        connection.pointee.input.append(bytes, count)
        _ = keepWithinLimit(client)
    }

    @inline(never)
    private func receivePrivately(_ client: ClientPointer) {
        let connection = client.pointee.connection
        if let partial = client.pointee.partial, partial.pointee.ownedMissing > 0 {
            let received = reactor.pointee.receive(
                connection, into: partial.pointee.ownedRoom,
                room: min(partial.pointee.ownedMissing, 1 << 20))
            guard received.status == .data else {
                if received.status != .nothing { end(client, received) }
                return
            }
            partial.pointee.ownedReceived(received.count)
            if partial.pointee.ownedMissing == 0 { reactor.pointee.schedule(connection) }
            return
        }
        let wanted = max(Self.privateRoom, min(parserMissing(client), 1 << 20))
        let room = connection.pointee.input.room(wanted)
        let received = reactor.pointee.receive(
            connection, into: room,
            room: max(wanted, min(connection.pointee.input.freeAtEnd, 1 << 20)))
        guard received.count > 0 else { return receivedNone(client, received) }
        connection.pointee.input.grew(by: received.count)
        processPrivate(client)
    }

    private func parserMissing(_ client: ClientPointer) -> Int {
        guard let partial = client.pointee.partial else { return 0 }
        return max(0, partial.pointee.pendingBytes)
    }

    /// Goes on in the connection's own buffer. False if the client is gone.
    @inline(never)
    @discardableResult
    private func processPrivate(_ client: ClientPointer) -> Bool {
        let connection = client.pointee.connection
        let view = connection.pointee.input.view
        let consumed = process(client, view.base, view.count)
        if consumed < 0 { return false }
        connection.pointee.input.consume(consumed)
        return keepWithinLimit(client)
    }

    /// After `.bigArgument`, what has come of it moves into a blob of its own. A client whose
    /// unfinished input is above the limit is dropped. False if it was.
    private func keepWithinLimit(_ client: ClientPointer) -> Bool {
        let connection = client.pointee.connection
        var announced = 0
        if let partial = client.pointee.partial {
            if pendingBigArgument {
                pendingBigArgument = false
                let view = connection.pointee.input.view
                let kept = partial.pointee.ownArgument(
                    buffer: view.base, count: view.count, from: 0)
                connection.pointee.input.truncate(to: kept)
            }
            announced = partial.pointee.footprint
        }
        guard connection.pointee.input.count + announced > settings.queryBufferLimit else {
            return true
        }
        dropForQueryBuffer(client)
        return false
    }

    // MARK: Parsing and executing

    /// Executes what is complete of the `count` bytes at `buffer` and sends the replies. Returns how
    /// many bytes are done with, or -1 if the client is gone.
    @inline(__always)
    private func process(
        _ client: ClientPointer, _ buffer: UnsafePointer<UInt8>, _ count: Int
    ) -> Int {
        var from = 0
        pendingBigArgument = false
        reply.pointee.resp3 = client.pointee.resp3
        var limits =
            client.pointee.flags.contains(.unauthenticated)
            ? unauthenticatedLimits : parserLimits
        while true {
            let outcome = parser.pointee.parse(
                buffer: buffer, count: count, from: from, limits: limits,
                maxRequests: Self.lookAhead, partial: &client.pointee.partial)
            let executed = executeBatch(client)
            if executed < parser.pointee.requestCount {
                let done = executed == 0 ? from : parser.pointee.requests[executed - 1].end
                return finish(client, stoppedWithin(client, done: done, count))
            }
            from = parser.pointee.consumed
            switch outcome {
            case .complete, .needMore:
                return finish(client, from)
            case .bigArgument:
                pendingBigArgument = true
                return finish(client, from)
            case .protocolError:
                // Whoever waits has not got there yet.
                if client.pointee.flags.contains(.blocked) { return finish(client, from) }
                protocolError(client, buffer + from, count - from)
                return finish(client, count)
            case .more:
                if reply.pointee.wireCount >= Self.replyHighWater, !sendReplies(client) {
                    return -1
                }
                if isShareSpent() {
                    client.pointee.flags.insert(.deferred)
                    reactor.pointee.schedule(client.pointee.connection)
                    return finish(client, from)
                }
                limits =
                    client.pointee.flags.contains(.unauthenticated)
                    ? unauthenticatedLimits : parserLimits
            }
        }
    }

    /// After a batch that stopped in its midst, its client waiting or closing: how many bytes are done
    /// with.
    @inline(never)
    private func stoppedWithin(_ client: ClientPointer, done: Int, _ count: Int) -> Int {
        guard !client.pointee.flags.isDisjoint(with: .waits) else { return count }
        // What stays is read again from there: an incomplete request at its end, too.
        PartialRequest.destroy(&client.pointee.partial)
        return done
    }

    @inline(__always)
    private func finish(_ client: ClientPointer, _ consumed: Int) -> Int {
        sendReplies(client) ? consumed : -1
    }

    /// Sends what has gathered. False if the client is gone.
    @inline(__always)
    func sendReplies(_ client: ClientPointer) -> Bool {
        if reply.pointee.count == 0 && client.pointee.flags.isDisjoint(with: .gated) { return true }
        let status = reactor.pointee.send(
            client.pointee.connection, UnsafePointer(reply.pointee.base), reply.pointee.count,
            references: reply.pointee.references.map { UnsafePointer($0) },
            referenceCount: reply.pointee.referenceCount)
        if reply.pointee.referenceCount > 0 { reply.pointee.reset() } else { reply.pointee.clear() }
        if case .done = status, client.pointee.flags.isDisjoint(with: .gated) { return true }
        return settle(client, status)
    }

    /// What follows from a send or flush. False if the client is gone.
    @inline(never)
    func settle(_ client: ClientPointer, _ status: SendStatus) -> Bool {
        switch status {
        case .failed, .finished:
            close(client)
            return false
        case .queued:
            if reply.pointee.capacity > Self.replyHighWater * 8 {
                reply.pointee.shrink(to: Self.replyHighWater)
            }
            return checkOutputLimit(client)
        case .done:
            client.pointee.softLimitSince = 0
            if !client.pointee.flags.isDisjoint(with: [.closeAfterReply, .closeNow]) {
                close(client)
                return false
            }
            return true
        }
    }

    // MARK: The end of a client

    @inline(never)
    private func receivedNone(_ client: ClientPointer, _ received: Received) {
        if case .nothing = received.status { return }
        end(client, received)
    }

    private func end(_ client: ClientPointer, _ received: Received) {
        if received.status == .failed {
            log.verbose("Reading from client: \(errnoText(received.errno))")
        } else if log.isVerbose {
            log.verbose("Client closed connection \(describe(client))")
        }
        close(client)
    }

    /// The peer of a client that waits is gone.
    private func endOfWaiting(_ client: ClientPointer) {
        if log.isVerbose { log.verbose("Client closed connection \(describe(client))") }
        close(client)
    }

    /// Closes the connection and frees the client.
    func close(_ client: ClientPointer) {
        let connection = client.pointee.connection
        PartialRequest.destroy(&client.pointee.partial)
        stopWaiting(client)
        discardTransaction(client)
        unsubscribeFromAll(client)
        clients.remove(client)
        reactor.pointee.close(connection)
    }

    /// Closes after what is queued has been sent; nothing more is read or executed.
    func closeAfterReply(_ client: ClientPointer) {
        client.pointee.flags.insert(.closeAfterReply)
        client.pointee.connection.pointee.closeAfterReply = true
    }

    /// Closes another client than the one being served, soon.
    func closeSoon(_ client: ClientPointer) {
        stopWaiting(client)
        client.pointee.flags.insert(.closeNow)
        reactor.pointee.abort(client.pointee.connection)
    }

    @inline(never)
    private func protocolError(
        _ client: ClientPointer, _ bytes: UnsafePointer<UInt8>, _ count: Int
    ) {
        let failure = parser.pointee.failure
        if log.isVerbose {
            let shown = Bytes(bytes, min(count, 128))
            log.verbose(
                "Protocol error (\(String(decoding: failure.text, as: UTF8.self))) from client: "
                    + "\(describe(client)). Query buffer during protocol error: "
                    + "'\(printable(shown))'")
        }
        let errors = reply.pointee.errorCount
        failure.write(to: &reply.pointee)
        noteErrors(CommandID.noNumber, since: errors)
        statistics.protocolErrors += 1
        closeAfterReply(client)
    }

    @inline(never)
    private func dropForQueryBuffer(_ client: ClientPointer) {
        let input = client.pointee.connection.pointee.input.view
        let shown = printable(Bytes(input.base, min(input.count, 64)))
        log.warning(
            "Closing client that reached max query buffer length: \(describe(client)) "
                + "(qbuf initial bytes: \"\(shown)\")")
        statistics.queryBufferDisconnections += 1
        close(client)
    }
}
