// The rows of all data commands, collected from the family files.
//
// A new command in an existing file appears here by itself; only a new file is added below.

package let stringCommandRows: [CommandRow] = Array(
    [
        setCommandRows, getCommandRows, rangeCommandRows, counterCommandRows,
        multiKeyCommandRows, lcsCommandRows,
    ].joined())

package let listCommandRows: [CommandRow] = Array(
    [
        pushPopCommandRows, accessCommandRows, editCommandRows, moveCommandRows,
        positionCommandRows, listBlockingCommandRows,
    ].joined())

package let bitmapCommandRows: [CommandRow] = Array(
    [
        bitCommandRows, bitCountCommandRows, bitOperationCommandRows, bitFieldCommandRows,
    ].joined())

package let hyperLogLogRows: [CommandRow] = hyperLogLogCommandRows + hyperLogLogDebugRows

package let setTypeCommandRows: [CommandRow] = Array(
    [
        setMemberCommandRows, setReadCommandRows, setRandomCommandRows,
        setIntersectionCommandRows, setUnionCommandRows,
    ].joined())

package let sortedSetCommandRows: [CommandRow] = Array(
    [
        sortedSetAddingCommandRows, sortedSetScoreCommandRows, sortedSetRangeCommandRows,
        sortedSetRemovingCommandRows, sortedSetPoppingCommandRows, sortedSetBlockingCommandRows,
        sortedSetRandomCommandRows, sortedSetOperationCommandRows, sortedSetScanCommandRows,
    ].joined())

package let streamCommandRows: [CommandRow] = Array(
    [
        streamAddCommandRows, streamRangeCommandRows, streamReadCommandRows,
        streamPendingCommandRows, streamClaimCommandRows, streamGroupCommandRows,
        streamInfoCommandRows,
    ].joined())

package let hashCommandRows: [CommandRow] = Array(
    [
        fieldCommandRows, setFieldCommandRows, fieldCounterCommandRows, walkCommandRows,
        randomFieldCommandRows, fieldExpiryCommandRows, fieldTimeCommandRows,
        fieldOptionCommandRows,
    ].joined())

package let geoRows: [CommandRow] = geoCommandRows + geoSearchCommandRows

package let keyCommandRows: [CommandRow] = Array(
    [
        deleteCommandRows, existsCommandRows, renameCommandRows, expiryCommandRows,
        scanCommandRows, objectCommandRows, databaseCommandRows, memoryCommandRows,
        dumpCommandRows, sortCommandRows,
    ].joined())

/// Everything the engine itself executes.
package let dataCommandRows: [CommandRow] = Array(
    [
        stringCommandRows, listCommandRows, hashCommandRows, setTypeCommandRows,
        sortedSetCommandRows, streamCommandRows, bitmapCommandRows, hyperLogLogRows,
        geoRows, keyCommandRows,
    ].joined())
