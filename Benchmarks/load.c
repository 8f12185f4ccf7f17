/* The load generator and loader of the benchmarks.
 *
 *     load -p PORT [-c CONNECTIONS] [-P PIPELINE] [-n REQUESTS] [-t SECONDS] [-w WARM_SECONDS]
 *          [-r RANGE] [-d DATA_BYTES] [-s FIRST] [-k keep|drop] [-S SERVER_PID] COMMAND ARG...
 *
 * Each connection sends PIPELINE requests at once and waits for all replies (a closed loop), until
 * REQUESTS were issued or SECONDS are over, whichever comes first. In the arguments
 *     __rand_int__  is a random number below RANGE, twelve digits with leading zeros
 *     __rank__      is a random number below RANGE, with as many digits and no leading zero
 *     __rank_end__  is that number plus nine: ten ranks, both included
 *     __seq__       is the next number from FIRST on, twelve digits (then -n counts numbers)
 *     __num__       is a random number of eight digits
 *     __ttl__       is a random number of seconds from 10000 to 36000 (up to ten hours)
 *     __data__      is DATA_BYTES times the letter x
 * -k chooses a fixed pseudo-random fifth of the sequence (keep) or the rest (drop), so that one run
 * can delete exactly what another run leaves out.
 *
 * Prints CSV: requests,seconds,rps,p50_us,p99_us,p999_us,max_us,cpu_us. The latency is that of a
 * whole pipeline, as a client waits for it. cpu_us is the CPU time that the server's threads took
 * for these requests, connecting and warming up excluded; 0 without -S.
 * Exit status: 0, 1 a failed call, 2 an error reply or a lost connection.
 */
#include "bench.h"
#include <dirent.h>
#include <sys/epoll.h>
#include <sys/resource.h>

enum patch_kind { random_key, sequence_key, random_number, random_ttl, random_rank, rank_end };

struct patch {
    size_t offset; /* of the last digit, in one request */
    enum patch_kind kind;
};

struct connection {
    int fd;
    unsigned outstanding; /* replies still to come for the batch in flight */
    uint64_t began;
    char *rest; /* the part of the batch that the socket refused */
    size_t rest_length, rest_sent;
    struct scanner scanner;
};

static int port, connections = 50, pipeline = 1, data_bytes = 16, server_pid;
static uint64_t requests = UINT64_MAX, range = 1000000, first;
static double seconds = 3600, warm_seconds;
static enum { every, kept_fifth, dropped_rest } choice = every;

static char *batch; /* `pipeline` copies of the request, patched in place before each send */
static size_t request_length;
static struct patch patches[1024];
static unsigned patch_count;
static int sequential;

static struct connection *all;
static int poller;
static struct histogram latencies;
static uint64_t issued, answered, issue_limit, deadline, next_number, end_number;
static unsigned busy; /* connections with a batch in flight */

static uint64_t random_state = 0x9e3779b97f4a7c15u;

static inline uint64_t random_below(uint64_t bound) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint64_t)(((unsigned __int128)random_state * bound) >> 64);
}

/* Whether a number belongs to the fixed fifth: a multiply-and-fold of the number decides. */
static inline int in_fifth(uint64_t number) {
    uint64_t x = (number + 1) * 0xd6e8feb86659fd93u;
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93u;
    return (x >> 32) % 5 == 0;
}

/* CPU time of all threads of the server in nanoseconds; the scheduler's own figures are exact
 * while the server sleeps, and the clock ticks of stat are the fallback. */
static uint64_t server_cpu_ns(void) {
    if (server_pid == 0) return 0;
    char path[300];
    uint64_t sum = 0, one;
    snprintf(path, sizeof path, "/proc/%d/task", server_pid);
    DIR *tasks = opendir(path);
    if (tasks == NULL) die(path);
    for (struct dirent *task; (task = readdir(tasks)) != NULL;) {
        if (task->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", server_pid, task->d_name);
        FILE *file = fopen(path, "r");
        if (file == NULL) continue;
        if (fscanf(file, "%lu", &one) == 1) sum += one;
        fclose(file);
    }
    closedir(tasks);
    if (sum > 0) return sum;
    unsigned long user = 0, system = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", server_pid);
    FILE *file = fopen(path, "r");
    if (file == NULL) die(path);
    int found = fscanf(file, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
                       &user, &system);
    fclose(file);
    return found == 2 ? (user + system) * (1000000000u / (uint64_t)sysconf(_SC_CLK_TCK)) : 0;
}

/* How many digits the numbers below `bound` have. */
static int width_of(uint64_t bound) {
    int width = 1;
    while (bound > 10) {
        bound = (bound + 9) / 10;
        width++;
    }
    return width;
}

/* Appends an argument to the request, noting where its tokens' digits are. */
static size_t append_argument(char *out, const char *argument) {
    const struct {
        const char *name;
        int digits;
        enum patch_kind kind;
    } tokens[] = {{"__rand_int__", 12, random_key},
                  {"__seq__", 12, sequence_key},
                  {"__num__", 8, random_number},
                  {"__ttl__", 5, random_ttl},
                  {"__rank__", width_of(range), random_rank},
                  {"__rank_end__", width_of(range), rank_end}};
    char *text = malloc(strlen(argument) * 2 + (size_t)data_bytes + 1);
    if (text == NULL) die("malloc");
    size_t length = 0, header;
    struct patch found[64];
    unsigned found_count = 0;
    for (const char *p = argument; *p != 0;) {
        if (strncmp(p, "__data__", 8) == 0) {
            memset(text + length, 'x', (size_t)data_bytes);
            length += (size_t)data_bytes;
            p += 8;
            continue;
        }
        int matched = 0;
        for (unsigned t = 0; t < sizeof tokens / sizeof *tokens && !matched; t++) {
            size_t name = strlen(tokens[t].name);
            if (strncmp(p, tokens[t].name, name) != 0 || found_count == 64) continue;
            memset(text + length, '0', (size_t)tokens[t].digits);
            length += (size_t)tokens[t].digits;
            found[found_count++] = (struct patch){length - 1, tokens[t].kind};
            sequential |= tokens[t].kind == sequence_key;
            p += name;
            matched = 1;
        }
        if (!matched) text[length++] = *p++;
    }
    header = (size_t)sprintf(out, "$%zu\r\n", length);
    memcpy(out + header, text, length);
    memcpy(out + header + length, "\r\n", 2);
    free(text);
    for (unsigned i = 0; i < found_count && patch_count < 1024; i++)
        patches[patch_count++] =
            (struct patch){request_length + header + found[i].offset, found[i].kind};
    return header + length + 2;
}

static void build_batch(int count, char **arguments) {
    size_t bound = 32;
    for (int i = 0; i < count; i++) bound += 2 * strlen(arguments[i]) + (size_t)data_bytes + 32;
    char *request = malloc(bound);
    if (request == NULL) die("malloc");
    request_length = (size_t)sprintf(request, "*%d\r\n", count);
    for (int i = 0; i < count; i++)
        request_length += append_argument(request + request_length, arguments[i]);
    batch = malloc(request_length * (size_t)pipeline);
    if (batch == NULL) die("malloc");
    for (int i = 0; i < pipeline; i++)
        memcpy(batch + (size_t)i * request_length, request, request_length);
    free(request);
}

/* Writes exactly `width` digits backwards; those above stay the zeros of the template. */
static inline void write_digits(char *last, uint64_t number, int width) {
    for (; width > 0; width--, number /= 10) *last-- = (char)('0' + number % 10);
}

/* Prepares up to `pipeline` requests in the batch; returns how many, 0 when the run is over. */
static unsigned prepare(uint64_t now) {
    if (now >= deadline) return 0;
    static int key_width;
    static uint64_t lowest_rank = 1;
    if (key_width == 0) {
        key_width = width_of(range);
        for (int digit = 1; digit < key_width; digit++) lowest_rank *= 10;
    }
    unsigned count = 0;
    for (; count < (unsigned)pipeline && issued < issue_limit; count++, issued++) {
        if (sequential) {
            while (choice != every && next_number < end_number
                   && in_fifth(next_number) != (choice == kept_fifth))
                next_number++;
            if (next_number >= end_number) break;
        }
        char *request = batch + count * request_length;
        uint64_t drawn = 0;
        for (unsigned i = 0; i < patch_count; i++) {
            char *last = request + patches[i].offset;
            switch (patches[i].kind) {
            case random_key: write_digits(last, random_below(range), key_width); break;
            case sequence_key: write_digits(last, next_number, 12); break;
            case random_number: write_digits(last, 10000000 + random_below(90000000), 8); break;
            case random_rank:
                drawn = lowest_rank + random_below(range - lowest_rank - 10);
                write_digits(last, drawn, key_width);
                break;
            case rank_end: write_digits(last, drawn + 9, key_width); break;
            case random_ttl: write_digits(last, 10000 + random_below(26001), 5); break;
            }
        }
        next_number++;
    }
    return count;
}

static void lost(const char *why) {
    fprintf(stderr, "load: %s\n", why);
    exit(2);
}

static void watch(struct connection *c, int operation, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = c};
    if (epoll_ctl(poller, operation, c->fd, &event) < 0) die("epoll_ctl");
}

static void start_batch(struct connection *c, uint64_t now) {
    unsigned count = prepare(now);
    if (count == 0) return;
    size_t length = count * request_length;
    c->outstanding = count;
    c->began = now;
    busy++;
    ssize_t sent = send(c->fd, batch, length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN) lost("the server closed a connection");
    if (sent < 0) sent = 0;
    if ((size_t)sent == length) return;
    c->rest_length = length - (size_t)sent;
    c->rest_sent = 0;
    c->rest = realloc(c->rest, c->rest_length);
    if (c->rest == NULL) die("realloc");
    memcpy(c->rest, batch + sent, c->rest_length);
    watch(c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
}

static void send_rest(struct connection *c) {
    ssize_t sent = send(c->fd, c->rest + c->rest_sent, c->rest_length - c->rest_sent,
                        MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN) lost("the server closed a connection");
    if (sent > 0) c->rest_sent += (size_t)sent;
    if (c->rest_sent == c->rest_length) watch(c, EPOLL_CTL_MOD, EPOLLIN);
}

static void receive(struct connection *c) {
    static char input[256 * 1024];
    ssize_t length = recv(c->fd, input, sizeof input, MSG_DONTWAIT);
    if (length < 0 && errno == EAGAIN) return;
    if (length <= 0) lost("the server closed a connection");
    uint64_t count = scan(&c->scanner, input, (size_t)length);
    if (c->scanner.errors > 0) {
        const char *text = memchr(input, '-', (size_t)length);
        int shown = text == NULL ? 0 : (int)(input + length - text);
        fprintf(stderr, "load: error reply: %.*s\n", shown < 100 ? shown : 100, text);
        exit(2);
    }
    if (count > c->outstanding) lost("more replies than requests");
    c->outstanding -= (unsigned)count;
    answered += count;
    if (count == 0 || c->outstanding > 0) return;
    uint64_t now = now_ns();
    histogram_add(&latencies, now - c->began, 1);
    busy--;
    start_batch(c, now);
}

/* Runs the closed loop from idle to idle. */
static void run(uint64_t limit, double for_seconds) {
    issued = answered = 0;
    issue_limit = limit;
    uint64_t start = now_ns();
    deadline = start + (uint64_t)(for_seconds * 1e9);
    memset(&latencies, 0, sizeof latencies);
    for (int i = 0; i < connections; i++) start_batch(&all[i], now_ns());
    struct epoll_event ready[512];
    while (busy > 0) {
        int count = epoll_wait(poller, ready, 512, 30000);
        if (count == 0) lost("no reply for 30 seconds");
        for (int i = 0; i < count; i++) {
            struct connection *c = ready[i].data.ptr;
            if (ready[i].events & EPOLLOUT) send_rest(c);
            if (ready[i].events & ~(uint32_t)EPOLLOUT) receive(c);
        }
    }
}

/* Connects all. A PING on every 128th makes sure that the server has accepted those before it:
 * a full accept queue would cost a second per dropped handshake. */
static void connect_all(void) {
    all = calloc((size_t)connections, sizeof *all);
    if (all == NULL) die("calloc");
    poller = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < connections; i++) {
        all[i].fd = connect_local(port);
        if (i % 128 == 127 || i == connections - 1) {
            static const char ping[] = "*1\r\n$4\r\nPING\r\n";
            char reply[64];
            if (send(all[i].fd, ping, sizeof ping - 1, MSG_NOSIGNAL) < 0) lost("no PING sent");
            if (recv(all[i].fd, reply, sizeof reply, 0) <= 0 || reply[0] != '+')
                lost("no answer to PING");
        }
        watch(&all[i], EPOLL_CTL_ADD, EPOLLIN);
    }
}

int main(int argc, char **argv) {
    for (int option; (option = getopt(argc, argv, "+p:c:P:n:t:w:r:d:s:k:S:")) != -1;) {
        switch (option) {
        case 'p': port = atoi(optarg); break;
        case 'c': connections = atoi(optarg); break;
        case 'P': pipeline = atoi(optarg); break;
        case 'n': requests = strtoull(optarg, NULL, 10); break;
        case 't': seconds = atof(optarg); break;
        case 'w': warm_seconds = atof(optarg); break;
        case 'r': range = strtoull(optarg, NULL, 10); break;
        case 'd': data_bytes = atoi(optarg); break;
        case 's': first = strtoull(optarg, NULL, 10); break;
        case 'k': choice = optarg[0] == 'k' ? kept_fifth : dropped_rest; break;
        case 'S': server_pid = atoi(optarg); break;
        default: return 1;
        }
    }
    if (port <= 0 || connections <= 0 || pipeline <= 0 || data_bytes < 0 || range == 0
        || optind == argc) {
        fprintf(stderr, "usage: load -p PORT [options] COMMAND ARG... (see load.c)\n");
        return 1;
    }
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    build_batch(argc - optind, argv + optind);
    next_number = first;
    end_number = requests == UINT64_MAX ? UINT64_MAX : first + requests;
    connect_all();
    if (warm_seconds > 0 && !sequential) run(requests, warm_seconds);
    usleep(2000); /* the server goes to sleep: only then is its CPU time up to date */
    uint64_t cpu = server_cpu_ns(), start = now_ns();
    run(sequential ? UINT64_MAX : requests, seconds);
    double elapsed = (double)(now_ns() - start) / 1e9;
    usleep(2000);
    cpu = server_cpu_ns() - cpu;
    printf("requests,seconds,rps,p50_us,p99_us,p999_us,max_us,cpu_us\n");
    printf("%lu,%.6f,%.1f,%.1f,%.1f,%.1f,%.1f,%.4f\n", answered, elapsed,
           (double)answered / elapsed, histogram_quantile(&latencies, 0.5),
           histogram_quantile(&latencies, 0.99), histogram_quantile(&latencies, 0.999),
           (double)latencies.worst / 1000,
           answered == 0 ? 0 : (double)cpu / 1000 / (double)answered);
    return 0;
}
