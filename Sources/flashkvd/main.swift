// Entry point of the server process.
