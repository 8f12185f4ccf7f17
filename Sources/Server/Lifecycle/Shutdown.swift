// The end of the server: signals, SHUTDOWN, and what is done before the process exits.
//
// A shutdown is decided at once (there is nothing to save or to wait for in this version) and done
// after the turn: no request is executed from then on.

import Configuration
import EventLoop
import Glibc

extension Server {
    /// A signal that the reactor delivered.
    @inline(never)
    func signalled(_ number: Int32) {
        switch number {
        case SIGTERM: interrupted("SIGTERM", configuration.shutdownFlags("shutdown-on-sigterm"))
        case SIGINT: interrupted("SIGINT", configuration.shutdownFlags("shutdown-on-sigint"))
        default: log.verbose("Received signal \(number), ignored.")
        }
    }

    private func interrupted(_ name: String, _ flags: ShutdownFlags) {
        if isShuttingDown, name == "SIGINT" {
            log.warning("You insist... exiting now.")
            removePidFile()
            exit(1)
        }
        log.warning("Received \(name) scheduling shutdown...")
        if !requestShutdown(flags) {
            log.warning(
                "\(name) received but errors trying to shut down the server, check the logs for "
                    + "more information")
        }
    }

    /// Begins the shutdown. False, having logged why, if the data set was to be saved and cannot be.
    func requestShutdown(_ flags: ShutdownFlags) -> Bool {
        log.notice("User requested shutdown...")
        if flags.contains(.save), !flags.contains(.nosave) {
            log.warning(
                "The data set cannot be saved: this version has no persistence. Use SHUTDOWN "
                    + "NOSAVE, or FORCE, to stop without saving.")
            guard flags.contains(.force) else { return false }
        } else if !configuration.savePoints.isEmpty, !flags.contains(.nosave) {
            log.warning(
                "WARNING: save points are configured, but this version has no persistence: the "
                    + "data set is lost.")
        }
        isShuttingDown = true
        // Requests that came in the same turn meet the slow checks, which let none pass.
        isGated = true
        return true
    }

    /// After the last turn: closes what is open and says goodbye.
    package func finishShutdown() {
        notify("STOPPING=1\n")
        // What clients have been answered leaves if the socket takes it.
        clients.forEach { client in
            if client.pointee.connection.pointee.hasOutput {
                _ = reactor.pointee.flush(client.pointee.connection)
            }
        }
        removePidFile()
        if !configuration.text("unixsocket").isEmpty {
            log.notice("Removing the unix socket file.")
        }
        reactor.pointee.closeListeners()
        log.warning("flashkvd is now ready to exit, bye bye...")
    }
}
