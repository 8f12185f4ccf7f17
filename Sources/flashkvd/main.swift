// Entry point of the server process: command line, configuration, start, loop.

import Configuration
import EventLoop
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
        let log = Log()
        guard case .success(let backend) = EpollBackend.make() else { exit(1) }
        let server = Server(
            configuration: configuration, log: log, backend: backend, seed: 1, key0: 2, key1: 3)
        guard server.listen() else { exit(1) }
        server.run()
    } catch {
        error.report.withBytes { _ = write(2, $0.base, $0.count) }
        exit(1)
    }
}
