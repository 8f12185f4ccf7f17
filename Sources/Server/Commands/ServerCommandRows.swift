// The rows of all commands the server has: the engine's and those of connections and the process.
//
// A new command in an existing file appears here by itself; only a new file is added below.

import Engine

/// Commands that need a client or the process, executed here and not in the engine.
package let serverCommandRows: [CommandRow] = Array(
    [
        connectionCommandRows, transactionCommandRows, pubsubCommandRows, clientCommandRows,
        configCommandRows,
        infoCommandRows,
        commandCommandRows, debugCommandRows, functionCommandRows, adminCommandRows,
    ].joined())

/// What the command table is built from.
package let allCommandRows: [CommandRow] = dataCommandRows + serverCommandRows
