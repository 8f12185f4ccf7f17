// Entry point of the server process: the command line, then either an answer or the server.
//
// Exit codes: 0 after a clean shutdown, 1 for a configuration that cannot be obeyed and for a start
// that failed. What happens in between is in Server/Lifecycle/ServerProcess.swift.

import Configuration
import Glibc
import Memory
import Server

let arguments = CommandLine.arguments.map { Array($0.utf8) }
switch Invocation(arguments: arguments, allocator: Allocator.name) {
case .answer(let text, let onErrorStream, let exitCode):
    Array(text.utf8).withBytes { _ = write(onErrorStream ? 2 : 1, $0.base, $0.count) }
    exit(exitCode)
case .serve(let launch):
    do throws(StartError) {
        let configuration = try Configuration.load(launch)
        exit(
            try ServerProcess.run(
                configuration, isDefault: launch == LaunchOptions(),
                program: arguments.first ?? []))
    } catch {
        error.report.withBytes { _ = write(2, $0.base, $0.count) }
        exit(1)
    }
}
