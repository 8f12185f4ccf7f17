// The process around the server: from a loaded configuration to the exit code.
//
// Called once by the executable. The order matters: what may refuse the configuration comes before
// the process becomes a daemon, so that its words reach the terminal; the fork comes before
// everything that owns a descriptor or a thread; the pid file is written once the sockets are ours,
// so that a second start by mistake leaves the first one's file alone. Log lines are Redis's where
// tools look for them.

import Configuration
import EventLoop
import Glibc
import Memory

package enum ServerProcess {
    /// Serves until a shutdown. `isDefault`: neither a file nor an option was given. Returns the exit
    /// code.
    package static func run(
        _ configuration: Configuration, isDefault: Bool, program: ByteText
    ) throws(StartError) -> Int32 {
        try StartChecks.check(configuration)
        let executable = absolutePath(program.decoded)
        let log = Log()
        log.configure(configuration)
        log.role = "C"
        let supervision = Supervision.detect(configuration, log)
        let isDaemon = configuration.bool("daemonize") && supervision == .none
        if isDaemon, !Daemon.detach() {
            log.warning("Can't become a daemon: \(errnoText(errno))")
            return 1
        }
        log.noteProcess()
        CrashLog.install(configuration)
        logStart(isDefault: isDefault, log)
        guard setLocale(configuration.string("locale-collate")) else {
            log.warning("Failed to configure LOCALE for invalid locale name.")
            return 1
        }
        log.role = "M"
        PieceStore.prepare()
        guard let server = makeServer(configuration, log) else { return 1 }
        server.executable = executable
        server.supervision = supervision
        ProcessTitle.prepare()
        server.programName = program.decoded
        return serve(server, isDaemon: isDaemon)
    }

    private static func serve(_ server: Server, isDaemon: Bool) -> Int32 {
        server.prepareProcess()
        guard server.listen() else { return 1 }
        server.writePidFile(isDaemon: isDaemon)
        server.updateProcessTitle()
        server.log.notice("Server initialized")
        server.announceReadiness()
        server.run()
        server.finishShutdown()
        return 0
    }

    private static func makeServer(_ configuration: Configuration, _ log: Log) -> Server? {
        var seeds: [UInt64] = [0, 0, 0]
        guard Seeds.fill(&seeds) else {
            log.warning("Can't read random numbers for the hash keys: \(errnoText(errno))")
            return nil
        }
        switch EpollBackend.make() {
        case .failure(let problem):
            log.warning("Failed creating the event loop: \(problem.text)")
            return nil
        case .success(let backend):
            return Server(
                configuration: configuration, log: log, backend: backend, seed: seeds[0],
                key0: seeds[1], key1: seeds[2])
        }
    }

    private static func logStart(isDefault: Bool, _ log: Log) {
        log.notice("oO0OoO0OoO0Oo flashkvd is starting oO0OoO0OoO0Oo")
        log.notice(
            "flashkvd version=\(Version.flashkvd), redis_version=\(Version.redis), "
                + "bits=\(Int.bitWidth), pid=\(getpid()), just started")
        if isDefault {
            log.warning(
                "Warning: no config file specified, using the default config. In order to specify "
                    + "a config file use flashkvd /path/to/flashkvd.conf")
        } else {
            log.notice("Configuration loaded")
        }
    }

    /// `locale-collate`: an empty name is what the environment says. False if there is no such
    /// locale.
    static func setLocale(_ name: String) -> Bool { setlocale(LC_COLLATE, name) != nil }

    /// Where the running program is, for INFO `executable`.
    private static func absolutePath(_ program: String) -> String {
        guard !program.hasPrefix("/") else { return program }
        return Configuration(host: .system).string("dir") + "/" + program
    }
}

extension Server {
    /// What the process needs before it listens: signals, descriptors, its oom score.
    func prepareProcess() {
        if let problem = reactor.pointee.watchSignals() {
            log.warning("Can't watch for signals: \(problem.text)")
        }
        adjustOpenFileLimit()
        _ = applyOOMScore(configuration)
        logModeAndBanner()
        warnOfMissingPersistence()
    }

    /// A line for log files, a few lines with the pid for people (and for tools that look for
    /// `PID:`), as `always-show-logo` says.
    private func logModeAndBanner() {
        let port = configuration.integer("port")
        let forPeople =
            configuration.bool("always-show-logo")
            || (log.path.isEmpty && !log.usesSyslog && isatty(1) != 0)
        guard forPeople else {
            log.notice("Running mode=standalone, port=\(port).")
            return
        }
        log.raw(
            """

              flashkvd \(Version.flashkvd) (Redis \(Version.redis)) \(Int.bitWidth) bit
              Running in standalone mode
              Port: \(port)
              PID: \(getpid())


            """)
    }

    /// What the configuration asks for and this version does not have.
    private func warnOfMissingPersistence() {
        if configuration.bool("appendonly") {
            log.warning(
                "WARNING: appendonly is yes, but this version has no append-only file: the data "
                    + "set lives in memory only and is lost when the server stops.")
        }
        if configuration.primary != nil {
            log.warning(
                "WARNING: replicaof is set, but this version does not replicate: the server runs "
                    + "as a primary of its own.")
        }
        if configuration.bool("cluster-enabled") {
            log.warning(
                "WARNING: cluster-enabled is yes, but this version has no cluster mode: the server "
                    + "runs alone.")
        }
        if configuration.integer("tls-port") != 0 {
            log.warning(
                "WARNING: tls-port is set, but this version does not speak TLS: it is not "
                    + "listened on.")
        }
    }
}
