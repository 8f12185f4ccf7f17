// The kernels of CMachineBits.h.
//
// Each loop is written once as an always-inlined body. The plain function compiles it for the
// target's baseline; its AVX2 twin compiles it again under a target attribute, and the compiler
// widens the vectors. Counting has hand-written bodies, since compilers do not find those.

#include "CMachineBits.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define BODY static inline __attribute__((always_inline))

static inline uint64_t load64(const uint8_t *p) {
    uint64_t v;
    memcpy(&v, p, 8);
    return v;
}

// MARK: Counting

/// Any remainder, and everything where there is nothing better.
BODY uint64_t popcount_words(const uint8_t *p, size_t count) {
    uint64_t sum = 0;
    for (; count >= 8; count -= 8, p += 8) sum += (uint64_t)__builtin_popcountll(load64(p));
    if (count > 0) {
        uint64_t last = 0;
        memcpy(&last, p, count);
        sum += (uint64_t)__builtin_popcountll(last);
    }
    return sum;
}

#if defined(__x86_64__)

/// Four independent sums, so that no addition waits for the one before.
__attribute__((target("avx512f,avx512vpopcntdq,popcnt"))) static uint64_t popcount_avx512(
    const uint8_t *p, size_t count) {
    __m512i a = _mm512_setzero_si512(), b = a, c = a, d = a;
    for (; count >= 256; count -= 256, p += 256) {
        a = _mm512_add_epi64(a, _mm512_popcnt_epi64(_mm512_loadu_si512(p)));
        b = _mm512_add_epi64(b, _mm512_popcnt_epi64(_mm512_loadu_si512(p + 64)));
        c = _mm512_add_epi64(c, _mm512_popcnt_epi64(_mm512_loadu_si512(p + 128)));
        d = _mm512_add_epi64(d, _mm512_popcnt_epi64(_mm512_loadu_si512(p + 192)));
    }
    a = _mm512_add_epi64(_mm512_add_epi64(a, b), _mm512_add_epi64(c, d));
    return (uint64_t)_mm512_reduce_add_epi64(a) + popcount_words(p, count);
}

/// Bits per byte by two lookups of four bits each, as sums of eight bytes.
__attribute__((target("avx2"), always_inline)) static inline __m256i count_bytes(__m256i v) {
    const __m256i counts = _mm256_setr_epi8(
        0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3,
        3, 4);
    const __m256i nibble = _mm256_set1_epi8(15);
    __m256i low = _mm256_shuffle_epi8(counts, _mm256_and_si256(v, nibble));
    __m256i high = _mm256_shuffle_epi8(
        counts, _mm256_and_si256(_mm256_srli_epi16(v, 4), nibble));
    return _mm256_sad_epu8(_mm256_add_epi8(low, high), _mm256_setzero_si256());
}

/// A full adder of 256 columns: *sum += a + b, and what does not fit is returned as the carry.
__attribute__((target("avx2"), always_inline)) static inline __m256i carry_save(
    __m256i *sum, __m256i a, __m256i b) {
    __m256i u = _mm256_xor_si256(*sum, a);
    __m256i carry = _mm256_or_si256(_mm256_and_si256(*sum, a), _mm256_and_si256(u, b));
    *sum = _mm256_xor_si256(u, b);
    return carry;
}

/// Harley and Seal: a tree of carry-save adders gathers eight vectors into one of eights, so that
/// only every eighth vector is counted byte by byte.
__attribute__((target("avx2,popcnt"))) static uint64_t popcount_avx2(
    const uint8_t *p, size_t count) {
    __m256i ones = _mm256_setzero_si256(), twos = ones, fours = ones, total = ones;
    for (; count >= 256; count -= 256, p += 256) {
        const __m256i *v = (const __m256i *)p;
        __m256i twosA = carry_save(&ones, _mm256_loadu_si256(v), _mm256_loadu_si256(v + 1));
        __m256i twosB = carry_save(&ones, _mm256_loadu_si256(v + 2), _mm256_loadu_si256(v + 3));
        __m256i foursA = carry_save(&twos, twosA, twosB);
        twosA = carry_save(&ones, _mm256_loadu_si256(v + 4), _mm256_loadu_si256(v + 5));
        twosB = carry_save(&ones, _mm256_loadu_si256(v + 6), _mm256_loadu_si256(v + 7));
        __m256i foursB = carry_save(&twos, twosA, twosB);
        __m256i eights = carry_save(&fours, foursA, foursB);
        total = _mm256_add_epi64(total, count_bytes(eights));
    }
    total = _mm256_slli_epi64(total, 3);
    total = _mm256_add_epi64(total, _mm256_slli_epi64(count_bytes(fours), 2));
    total = _mm256_add_epi64(total, _mm256_slli_epi64(count_bytes(twos), 1));
    total = _mm256_add_epi64(total, count_bytes(ones));
    uint64_t sums[4];
    _mm256_storeu_si256((__m256i *)sums, total);
    return sums[0] + sums[1] + sums[2] + sums[3] + popcount_words(p, count);
}

__attribute__((target("popcnt"))) static uint64_t popcount_instruction(
    const uint8_t *p, size_t count) {
    return popcount_words(p, count);
}

uint64_t machine_popcount(const void *bytes, size_t count) {
    if (count >= 256) {
        if (__builtin_cpu_supports("avx512vpopcntdq")) return popcount_avx512(bytes, count);
        if (__builtin_cpu_supports("avx2")) return popcount_avx2(bytes, count);
    }
    if (__builtin_cpu_supports("popcnt")) return popcount_instruction(bytes, count);
    return popcount_words(bytes, count);
}

#else

uint64_t machine_popcount(const void *bytes, size_t count) { return popcount_words(bytes, count); }

#endif

// MARK: Combining and skipping

BODY void and_body(uint8_t *restrict t, const uint8_t *restrict f, size_t count) {
    for (size_t i = 0; i < count; i++) t[i] &= f[i];
}
BODY void or_body(uint8_t *restrict t, const uint8_t *restrict f, size_t count) {
    for (size_t i = 0; i < count; i++) t[i] |= f[i];
}
BODY void xor_body(uint8_t *restrict t, const uint8_t *restrict f, size_t count) {
    for (size_t i = 0; i < count; i++) t[i] ^= f[i];
}

/// 64 bytes at a time without a branch among them, then the byte that ended it.
BODY size_t run_body(const uint8_t *p, uint8_t byte, size_t count) {
    uint64_t repeated = 0x0101010101010101ull * byte;
    size_t i = 0;
    for (; i + 64 <= count; i += 64) {
        uint64_t differing = 0;
        for (int w = 0; w < 8; w++) differing |= load64(p + i + 8 * w) ^ repeated;
        if (differing != 0) break;
    }
    while (i < count && p[i] == byte) i++;
    return i;
}

#if defined(__x86_64__)
#define TWICE(name, body)                                                                         \
    __attribute__((target("avx2"))) static void name##_avx2(                                      \
        uint8_t *restrict t, const uint8_t *restrict f, size_t count) {                           \
        body(t, f, count);                                                                        \
    }                                                                                             \
    void name(void *t, const void *f, size_t count) {                                             \
        if (__builtin_cpu_supports("avx2")) {                                                     \
            name##_avx2(t, f, count);                                                             \
        } else {                                                                                  \
            body(t, f, count);                                                                    \
        }                                                                                         \
    }
#else
#define TWICE(name, body)                                                                         \
    void name(void *t, const void *f, size_t count) { body(t, f, count); }
#endif

TWICE(machine_and, and_body)
TWICE(machine_or, or_body)
TWICE(machine_xor, xor_body)

void machine_not(void *bytes, size_t count) {
    uint8_t *p = bytes;
    for (size_t i = 0; i < count; i++) p[i] = (uint8_t)~p[i];
}

size_t machine_run_of(const void *bytes, uint8_t byte, size_t count) {
    return run_body(bytes, byte, count);
}
