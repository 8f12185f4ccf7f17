// The configuration as the hot paths and the engine see it, brought up to date after each change.

import Configuration
import Engine
import EventLoop
import Memory
import RESP

extension Server {
    /// Copies what the configuration says to where it is read.
    func applySettings() {
        let values = configuration.settings
        settings.queryBufferLimit = max(values.clientQueryBufferLimitBytes, 1024 * 1024)
        settings.protoMaxBulkLength = values.protoMaxBulkLengthBytes
        settings.maxClients = values.maxclients
        settings.timeoutSeconds = values.timeoutSeconds
        settings.protectedMode = values.protectedMode
        settings.hz = values.hz
        settings.normalOutputLimit = values.normalOutputLimit
        settings.pubsubOutputLimit = values.pubsubOutputLimit
        settings.password = configuration.text("requirepass")
        // An entry keeps its key's length in 32 bits.
        let longest = min(values.protoMaxBulkLengthBytes, Int(UInt32.max) - 64)
        parserLimits = ParserLimits(bulkBytes: longest)
        unauthenticatedLimits = ParserLimits(bulkBytes: longest, authenticated: false)
        log.level = values.loglevel
        applyEngineSettings(values)
    }

    private func applyEngineSettings(_ values: Settings) {
        engine.pointee.settings.listMaxListpackSize = values.listMaxListpackSize
        engine.pointee.settings.hashLimits = HashLimits(
            entries: values.hashMaxListpackEntries, valueBytes: values.hashMaxListpackValueBytes)
        engine.pointee.settings.setMaxIntsetEntries = values.setMaxIntsetEntries
        engine.pointee.settings.setMaxListpackEntries = values.setMaxListpackEntries
        engine.pointee.settings.setMaxListpackValue = values.setMaxListpackValueBytes
        engine.pointee.settings.zsetMaxListpackEntries = values.zsetMaxListpackEntries
        engine.pointee.settings.zsetMaxListpackValue = values.zsetMaxListpackValueBytes
        engine.pointee.settings.hllSparseMaxBytes = values.hllSparseMaxBytes
        engine.pointee.settings.streamLimits = StreamNodeLimits(
            bytes: values.streamNodeMaxBytes, entries: values.streamNodeMaxEntries)
        engine.pointee.settings.maxMemory = values.maxmemoryBytes
        engine.pointee.settings.protoMaxBulkLength = values.protoMaxBulkLengthBytes
        engine.pointee.settings.compressesDumps = values.rdbcompression
        engine.pointee.settings.countsSanitizations = values.sanitizeDumpPayload
        settings.limitsMemory = values.maxmemoryBytes != 0
        configuration.text("maxmemory-policy").withBytes {
            engine.pointee.setEviction(
                policy: $0, samples: values.maxmemorySamples,
                lfuLogFactor: values.lfuLogFactor, lfuDecayMinutes: values.lfuDecayTimeMinutes)
        }
    }
}
