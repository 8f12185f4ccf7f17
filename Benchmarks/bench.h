/* What the benchmark programs share: a clock, a blocking connect, a scanner that counts complete
 * RESP frames in a stream cut anywhere, and a latency histogram. Everything is static inline, so
 * that each program is one translation unit built by `cc` alone.
 */
#ifndef FLASHKVD_BENCH_H
#define FLASHKVD_BENCH_H

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static inline uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

__attribute__((noreturn)) static inline void die(const char *what) {
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

/* A connected TCP socket to 127.0.0.1 without Nagle, or the end of the program. */
static inline int connect_local(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) die("socket");
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) die("connect");
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

/* Counts whole RESP frames. A request (array of bulks) and a reply are the same grammar, so the
 * null server and the load generators use the same scanner. Nesting needs no stack: `open` is
 * the number of elements still missing from the frame at the top level; an array adds to it.
 */
struct scanner {
    uint64_t skip;  /* payload bytes (with their CRLF) still to pass over */
    uint64_t open;  /* elements still missing; 0 between frames */
    unsigned kept;  /* bytes of a header line that was cut, in `line` */
    char line[56];
    uint64_t errors; /* frames or elements that were RESP errors */
};

static inline void scan_header(struct scanner *s, const char *line, const char *end) {
    char type = line[0];
    if (type == '$' || type == '*' || type == '=' || type == '%' || type == '~' || type == '>') {
        const char *digit = line + 1;
        if (digit < end && *digit != '-') {
            uint64_t count = 0;
            while (digit < end && *digit >= '0' && *digit <= '9')
                count = count * 10 + (uint64_t)(*digit++ - '0');
            if (type == '$' || type == '=') {
                s->skip = count + 2;
                return; /* the element ends with its payload */
            }
            s->open += type == '%' ? 2 * count : count;
        }
    } else if (type == '-') {
        s->errors++;
    }
    s->open--;
}

/* Feeds bytes; returns how many top-level frames they completed. */
static inline uint64_t scan(struct scanner *s, const char *bytes, size_t length) {
    const char *p = bytes, *end = bytes + length;
    uint64_t complete = 0;
    while (p < end) {
        if (s->skip > 0) {
            uint64_t step = s->skip < (uint64_t)(end - p) ? s->skip : (uint64_t)(end - p);
            s->skip -= step;
            p += step;
            if (s->skip == 0 && --s->open == 0) complete++;
            continue;
        }
        const char *q = p;
        while (q < end && *q != '\n') q++;
        if (s->open == 0) s->open = 1;
        if (q == end || s->kept > 0) {
            for (; p < q; p++)
                if (s->kept < sizeof s->line) s->line[s->kept++] = *p;
            if (q == end) break;
            scan_header(s, s->line, s->line + s->kept);
            s->kept = 0;
        } else {
            scan_header(s, p, q);
        }
        p = q + 1;
        if (s->open == 0) complete++;
    }
    return complete;
}

/* Log-linear latency histogram in nanoseconds: 128 steps per power of two, error below 0.8 %. */
enum { histogram_steps = 128, histogram_cells = 58 * histogram_steps };

struct histogram {
    uint64_t cells[histogram_cells];
    uint64_t total, worst;
};

static inline unsigned histogram_cell(uint64_t ns) {
    if (ns < histogram_steps) return (unsigned)ns;
    unsigned shift = 63 - (unsigned)__builtin_clzll(ns) - 7;
    return shift * histogram_steps + (unsigned)(ns >> shift);
}

static inline void histogram_add(struct histogram *h, uint64_t ns, uint64_t weight) {
    h->cells[histogram_cell(ns)] += weight;
    h->total += weight;
    if (ns > h->worst) h->worst = ns;
}

/* The latency, in microseconds, that the given share of the samples does not exceed. */
static inline double histogram_quantile(const struct histogram *h, double share) {
    uint64_t seen = 0;
    double wanted = share * (double)h->total;
    for (unsigned cell = 0; cell < histogram_cells; cell++) {
        seen += h->cells[cell];
        if (seen == 0 || (double)seen < wanted) continue;
        uint64_t value = cell;
        if (cell >= 2 * histogram_steps) {
            unsigned shift = cell / histogram_steps - 1;
            value = ((uint64_t)(cell - shift * histogram_steps) + 1) << shift;
        }
        return (double)(value < h->worst ? value : h->worst) / 1000;
    }
    return (double)h->worst / 1000;
}

#endif
