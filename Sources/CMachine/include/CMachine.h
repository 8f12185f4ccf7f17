// CMachine: what the processor offers and Swift has no word for. Static inline wrappers only,
// each with a portable fallback, so that they vanish into the Swift code that calls them.
#ifndef FLASHKVD_CMACHINE_H
#define FLASHKVD_CMACHINE_H

#include <stdint.h>
#include <string.h>
#include <time.h>

#include "CMachineBits.h"

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

/// Asks for the cache line at `address`, for reading.
static inline void machine_prefetch(const void *_Nonnull address) {
    __builtin_prefetch(address, 0, 3);
}

/// Asks for the cache line at `address`, for writing.
static inline void machine_prefetch_write(const void *_Nonnull address) {
    __builtin_prefetch(address, 1, 3);
}

/// Bit i is set where byte i of the 16 bytes at `address` equals `byte`. Exact: no false positives.
static inline uint32_t machine_match16(const void *_Nonnull address, uint8_t byte) {
#if defined(__x86_64__)
    __m128i v = _mm_loadu_si128((const __m128i *)address);
    return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8((char)byte)));
#else
    const uint8_t *bytes = (const uint8_t *)address;
    uint32_t mask = 0;
    for (int i = 0; i < 16; i++) mask |= (uint32_t)(bytes[i] == byte) << i;
    return mask;
#endif
}

/// A cheap monotonic tick counter of unspecified unit (calibrate it against CLOCK_MONOTONIC).
static inline uint64_t machine_ticks(void) {
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
    uint64_t v;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(v));
    return v;
#else
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
#endif
}

static inline uint64_t machine_clock_ns(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

/// Nanoseconds of CLOCK_MONOTONIC (vDSO, no system call).
static inline uint64_t machine_monotonic_ns(void) { return machine_clock_ns(CLOCK_MONOTONIC); }

/// Nanoseconds of CLOCK_REALTIME (vDSO, no system call).
static inline uint64_t machine_realtime_ns(void) { return machine_clock_ns(CLOCK_REALTIME); }

/// CPU time of the calling thread in nanoseconds. A system call: some 150 ns.
static inline uint64_t machine_thread_cpu_ns(void) {
    return machine_clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

/// Copies `count` bytes; small counts without a call into libc.
static inline void machine_copy(void *_Nonnull to, const void *_Nonnull from, size_t count) {
    uint8_t *t = (uint8_t *)to;
    const uint8_t *f = (const uint8_t *)from;
    if (count <= 16) {
        if (count >= 8) {
            uint64_t a, b;
            memcpy(&a, f, 8);
            memcpy(&b, f + count - 8, 8);
            memcpy(t, &a, 8);
            memcpy(t + count - 8, &b, 8);
        } else if (count >= 4) {
            uint32_t a, b;
            memcpy(&a, f, 4);
            memcpy(&b, f + count - 4, 4);
            memcpy(t, &a, 4);
            memcpy(t + count - 4, &b, 4);
        } else if (count > 0) {
            uint8_t a = f[0], b = f[count >> 1], c = f[count - 1];
            t[0] = a;
            t[count >> 1] = b;
            t[count - 1] = c;
        }
        return;
    }
    memcpy(to, from, count);
}

/// Whether the `count` bytes at `a` and `b` are the same; small counts without a call.
static inline int machine_equal(const void *_Nonnull a, const void *_Nonnull b, size_t count) {
    const uint8_t *x = (const uint8_t *)a;
    const uint8_t *y = (const uint8_t *)b;
    if (count <= 16) {
        if (count >= 8) {
            uint64_t p, q, r, s;
            memcpy(&p, x, 8);
            memcpy(&q, y, 8);
            memcpy(&r, x + count - 8, 8);
            memcpy(&s, y + count - 8, 8);
            return ((p ^ q) | (r ^ s)) == 0;
        }
        for (size_t i = 0; i < count; i++)
            if (x[i] != y[i]) return 0;
        return 1;
    }
    if (count <= 32) {
        uint64_t d = 0;
        for (int i = 0; i < 2; i++) {
            uint64_t p, q;
            memcpy(&p, x + i * 8, 8);
            memcpy(&q, y + i * 8, 8);
            d |= p ^ q;
            memcpy(&p, x + count - 16 + i * 8, 8);
            memcpy(&q, y + count - 16 + i * 8, 8);
            d |= p ^ q;
        }
        return d == 0;
    }
    return memcmp(a, b, count) == 0;
}

/// Orders the `count` bytes at `a` and `b` as memcmp does.
static inline int machine_compare(const void *_Nonnull a, const void *_Nonnull b, size_t count) {
    return memcmp(a, b, count);
}

/// How many of the `count` doubles at `p` are below `value` (lower half of the result), and how
/// many are not above it (upper half). All are read, in whatever order they are, so that nothing
/// waits for a branch or for one load after the other.
static inline uint64_t machine_count_doubles(
    const double *_Nonnull p, size_t count, double value) {
    size_t i = 0;
    uint64_t below = 0, notAbove = 0;
#if defined(__x86_64__)
    __m128d v = _mm_set1_pd(value);
    __m128i lower = _mm_setzero_si128(), upper = _mm_setzero_si128();
    for (; i + 2 <= count; i += 2) {
        __m128d x = _mm_loadu_pd(p + i);
        lower = _mm_sub_epi64(lower, _mm_castpd_si128(_mm_cmplt_pd(x, v)));
        upper = _mm_sub_epi64(upper, _mm_castpd_si128(_mm_cmple_pd(x, v)));
    }
    uint64_t sums[4];
    _mm_storeu_si128((__m128i *)sums, lower);
    _mm_storeu_si128((__m128i *)(sums + 2), upper);
    below = sums[0] + sums[1];
    notAbove = sums[2] + sums[3];
#endif
    for (; i < count; i++) {
        below += p[i] < value;
        notAbove += p[i] <= value;
    }
    return below | notAbove << 32;
}

#endif
