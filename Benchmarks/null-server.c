/* The kernel's floor: an epoll server that reads, counts the requests and answers +OK to each.
 *
 *     null-server PORT [-e]        -e: edge-triggered instead of level-triggered
 *
 * A turn is one epoll_wait, one recv and one send for each readable connection, and no other
 * system call: what no server built on epoll can beat. It keeps no data. bench.py runs it beside
 * the real servers, under the same load.
 */
#include "bench.h"
#include <sys/epoll.h>
#include <sys/resource.h>

enum { receive_bytes = 64 * 1024, reply_bytes = 5, batch = 1024 };

struct connection {
    int fd;
    uint64_t unsent; /* reply bytes that the socket refused */
    struct scanner scanner;
};

static char input[receive_bytes];
static char replies[receive_bytes * reply_bytes];
static int poller;
static uint32_t mode;

static void watch(struct connection *c, int operation, uint32_t events) {
    struct epoll_event event = {.events = events | mode, .data.ptr = c};
    if (epoll_ctl(poller, operation, c->fd, &event) < 0) die("epoll_ctl");
}

static void forget(struct connection *c) {
    close(c->fd);
    free(c);
}

/* Sends what is owed. The replies repeat every five bytes, so any rest can be sent from the
 * phase at which the socket stopped. Returns 0 when the peer is gone. */
static int answer(struct connection *c) {
    int was_blocked = 0;
    while (c->unsent > 0) {
        size_t phase = (reply_bytes - c->unsent % reply_bytes) % reply_bytes;
        size_t length = sizeof replies - phase;
        if (c->unsent < length) length = c->unsent;
        ssize_t sent = send(c->fd, replies + phase, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) {
            watch(c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
            return 1;
        }
        if (sent <= 0) return 0;
        was_blocked |= (size_t)sent < length;
        c->unsent -= (uint64_t)sent;
    }
    if (was_blocked) watch(c, EPOLL_CTL_MOD, EPOLLIN);
    return 1;
}

static void serve(struct connection *c, uint32_t events) {
    if (events & EPOLLOUT) {
        if (!answer(c)) {
            forget(c);
            return;
        }
        if (c->unsent == 0) watch(c, EPOLL_CTL_MOD, EPOLLIN);
    }
    for (;;) {
        ssize_t length = recv(c->fd, input, sizeof input, 0);
        if (length < 0 && errno == EAGAIN) return;
        if (length <= 0) {
            forget(c);
            return;
        }
        c->unsent += scan(&c->scanner, input, (size_t)length) * reply_bytes;
        if (!answer(c)) {
            forget(c);
            return;
        }
        /* Edge-triggered: a full buffer may have left bytes behind without another edge. */
        if (mode == 0 || length < (ssize_t)sizeof input) return;
    }
}

static void welcome(int listener) {
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
        int one = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct connection *c = calloc(1, sizeof *c);
        if (c == NULL) die("calloc");
        c->fd = fd;
        watch(c, EPOLL_CTL_ADD, EPOLLIN);
    }
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: null-server PORT [-e]\n");
        return 1;
    }
    if (argc > 2 && strcmp(argv[2], "-e") == 0) mode = EPOLLET;
    for (size_t i = 0; i < sizeof replies; i += reply_bytes)
        memcpy(replies + i, "+OK\r\n", reply_bytes);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);

    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int one = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_port = htons((uint16_t)atoi(argv[1]));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0) die("bind");
    if (listen(listener, 4096) < 0) die("listen");
    poller = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event) < 0) die("epoll_ctl");

    struct epoll_event ready[batch];
    for (;;) {
        int count = epoll_wait(poller, ready, batch, -1);
        for (int i = 0; i < count; i++) {
            if (ready[i].data.ptr == NULL) welcome(listener);
            else serve(ready[i].data.ptr, ready[i].events);
        }
    }
}
