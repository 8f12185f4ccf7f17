// CEpoll: the kernel calls of the reactor, as static inline wrappers. No logic.
//
// Every wrapper returns what the call returns, or -errno: one register says it all, and the Swift
// side never reads the thread-local errno.
#ifndef FLASHKVD_CEPOLL_H
#define FLASHKVD_CEPOLL_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef __USE_GNU
// Declared by libc for GNU sources only; defining that here would change what other modules see.
extern int accept4(int fd, struct sockaddr *_Nullable address, socklen_t *_Nullable length,
                   int flags);
#endif

/// What a backend reports about one descriptor. `readiness` uses the bits of epoll(7).
struct reactor_event {
    uint64_t token;
    uint32_t readiness;
    uint32_t reserved;
};

// The bits that Swift spells as `Readiness` and `Interest`.
_Static_assert(EPOLLIN == 0x001 && EPOLLOUT == 0x004 && EPOLLERR == 0x008, "epoll bits");
_Static_assert(EPOLLHUP == 0x010 && EPOLLRDHUP == 0x2000 && EPOLLET == 1u << 31, "epoll bits");

static inline int epoll_open(void) {
    int fd = epoll_create1(EPOLL_CLOEXEC);
    return fd >= 0 ? fd : -errno;
}

static inline int epoll_control(int ep, int operation, int fd, uint64_t token, uint32_t interest) {
    struct epoll_event event;
    event.events = interest;
    event.data.u64 = token;
    return epoll_ctl(ep, operation, fd, &event) == 0 ? 0 : -errno;
}

static inline int epoll_attach(int ep, int fd, uint64_t token, uint32_t interest) {
    return epoll_control(ep, EPOLL_CTL_ADD, fd, token, interest);
}

static inline int epoll_change(int ep, int fd, uint64_t token, uint32_t interest) {
    return epoll_control(ep, EPOLL_CTL_MOD, fd, token, interest);
}

static inline int epoll_detach(int ep, int fd) {
    return epoll_control(ep, EPOLL_CTL_DEL, fd, 0, 0);
}

/// Bytes of scratch memory that epoll_collect needs for `capacity` events.
static inline size_t epoll_scratch_bytes(int capacity) {
    return (size_t)capacity * sizeof(struct epoll_event);
}

/// epoll_wait into `out`, by way of `scratch` (the kernel's struct is packed, ours is not).
static inline int epoll_collect(int ep, void *_Nonnull scratch, struct reactor_event *_Nonnull out,
                                int capacity, int timeout_ms) {
    struct epoll_event *events = (struct epoll_event *)scratch;
    int n = epoll_wait(ep, events, capacity, timeout_ms);
    if (n < 0) return -errno;
    for (int i = 0; i < n; i++) {
        out[i].token = events[i].data.u64;
        out[i].readiness = events[i].events;
        out[i].reserved = 0;
    }
    return n;
}

/// accept4 with O_NONBLOCK and FD_CLOEXEC; the peer's address goes to `peer`.
static inline int socket_accept(int fd, struct sockaddr_storage *_Nonnull peer) {
    socklen_t length = sizeof *peer;
    peer->ss_family = AF_UNSPEC;
    int n = accept4(fd, (struct sockaddr *)peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    return n >= 0 ? n : -errno;
}

static inline ssize_t socket_receive(int fd, void *_Nonnull buffer, size_t room) {
    ssize_t n = recv(fd, buffer, room, 0);
    return n >= 0 ? n : -errno;
}

static inline ssize_t socket_send(int fd, const void *_Nonnull bytes, size_t count) {
    ssize_t n = send(fd, bytes, count, MSG_NOSIGNAL);
    return n >= 0 ? n : -errno;
}

static inline ssize_t socket_send_vector(int fd, const struct iovec *_Nonnull parts, int count) {
    struct msghdr message;
    memset(&message, 0, sizeof message);
    message.msg_iov = (struct iovec *)parts;
    message.msg_iovlen = (size_t)count;
    ssize_t n = sendmsg(fd, &message, MSG_NOSIGNAL);
    return n >= 0 ? n : -errno;
}

/// A signalfd for `count` signals, which are blocked for the process's threads to come.
static inline int signal_descriptor(const int *_Nonnull signals, int count) {
    sigset_t set;
    sigemptyset(&set);
    for (int i = 0; i < count; i++) sigaddset(&set, signals[i]);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) return -errno;
    int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return fd >= 0 ? fd : -errno;
}

/// The number of the next pending signal on a signalfd, or -errno.
static inline int signal_next(int fd) {
    struct signalfd_siginfo info;
    ssize_t n = read(fd, &info, sizeof info);
    if (n == (ssize_t)sizeof info) return (int)info.ssi_signo;
    return n < 0 ? -errno : -EIO;
}

/// fork(2), which Swift does not import: for becoming a daemon before any thread exists.
static inline int process_fork(void) {
    int child = fork();
    return child >= 0 ? child : -errno;
}

/// SIGPIPE ignored: a write to a dead peer is an error return, not the end of the process.
static inline void signal_ignore_pipe(void) { signal(SIGPIPE, SIG_IGN); }

#endif
