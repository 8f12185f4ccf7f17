/* An open-loop prober: a PING at each due time on its own connection, whether or not the earlier
 * ones were answered, each timed from when it was due. So a stall counts in full, for each PING
 * that fell into it, and not once as in a closed loop.
 *
 *     stalls PORT INTERVAL_MICROSECONDS MAX_SECONDS
 *
 * Runs until SIGTERM or MAX_SECONDS, then prints CSV: probes,p50_us,p99_us,p999_us,worst_us,
 * late_us. late_us is the prober's own worst lateness in sending, the machine's noise on this
 * core. Runs under SCHED_FIFO where that is permitted, so that other load on its core does not
 * delay it. stalls.py pins it and reads its output.
 */
#include "bench.h"
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>

enum { ring = 1 << 20, pong_bytes = 7 };

static volatile sig_atomic_t stopping;
static uint64_t due_times[ring];
static struct histogram latencies;
static uint64_t sent_count, answered_count, received_bytes, worst_late;
static int fd;

static void stop(int signal) {
    (void)signal;
    stopping = 1;
}

static void send_ping(uint64_t due) {
    static const char ping[] = "*1\r\n$4\r\nPING\r\n";
    if (sent_count - answered_count == ring) return;
    if (send(fd, ping, sizeof ping - 1, MSG_NOSIGNAL | MSG_DONTWAIT) != sizeof ping - 1)
        die("send");
    uint64_t late = now_ns() - due;
    if (late > worst_late) worst_late = late;
    due_times[sent_count++ % ring] = due;
}

static void receive_pongs(void) {
    char input[4096];
    ssize_t length = recv(fd, input, sizeof input, MSG_DONTWAIT);
    if (length < 0 && errno == EAGAIN) return;
    if (length <= 0) die("recv");
    if (received_bytes % pong_bytes == 0 && input[0] != '+') {
        fprintf(stderr, "stalls: not a PONG: %.*s\n", (int)length, input);
        exit(2);
    }
    received_bytes += (uint64_t)length;
    uint64_t now = now_ns();
    for (; answered_count < received_bytes / pong_bytes; answered_count++)
        histogram_add(&latencies, now - due_times[answered_count % ring], 1);
}

int main(int argc, char **argv) {
    if (argc < 4) {
        fprintf(stderr, "usage: stalls PORT INTERVAL_MICROSECONDS MAX_SECONDS\n");
        return 1;
    }
    uint64_t interval = strtoull(argv[2], NULL, 10) * 1000;
    signal(SIGTERM, stop);
    signal(SIGINT, stop);
    fd = connect_local(atoi(argv[1]));
    memset(due_times, 0, sizeof due_times);
    mlockall(MCL_CURRENT);
    prctl(PR_SET_TIMERSLACK, 1ul);
    struct sched_param priority = {.sched_priority = 10};
    sched_setscheduler(0, SCHED_FIFO, &priority);

    uint64_t start = now_ns(), end = start + (uint64_t)(atof(argv[3]) * 1e9);
    uint64_t due = start + interval;
    while (!stopping && due < end) {
        uint64_t now = now_ns();
        for (; due <= now; due += interval) send_ping(due);
        struct timespec wait = {0, (long)(due - now)};
        struct pollfd readable = {fd, POLLIN, 0};
        if (ppoll(&readable, 1, &wait, NULL) > 0) receive_pongs();
    }
    /* The answers still under way belong to the run; what never comes is as late as it is now. */
    uint64_t last = now_ns() + 10000000000u;
    while (answered_count < sent_count && now_ns() < last) {
        struct pollfd readable = {fd, POLLIN, 0};
        if (poll(&readable, 1, 1000) > 0) receive_pongs();
    }
    for (; answered_count < sent_count; answered_count++)
        histogram_add(&latencies, now_ns() - due_times[answered_count % ring], 1);
    printf("probes,p50_us,p99_us,p999_us,worst_us,late_us\n%lu,%.1f,%.1f,%.1f,%.1f,%.1f\n",
           latencies.total, histogram_quantile(&latencies, 0.5),
           histogram_quantile(&latencies, 0.99), histogram_quantile(&latencies, 0.999),
           (double)latencies.worst / 1000, (double)worst_late / 1000);
    return 0;
}
