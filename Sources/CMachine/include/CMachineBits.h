// Kernels over long runs of bits: counting them, combining runs, skipping a repeated byte. Called
// by the bitmap commands. Plain C that any target builds; on x86-64 the same loops exist a second
// time for AVX2, and counting a third time for AVX-512, chosen by what the processor has.
#ifndef FLASHKVD_CMACHINE_BITS_H
#define FLASHKVD_CMACHINE_BITS_H

#include <stddef.h>
#include <stdint.h>

/// Number of bits set in the `count` bytes at `bytes`.
uint64_t machine_popcount(const void *_Nonnull bytes, size_t count);

/// Combines the `count` bytes at `with` into those at `into`; the two do not overlap.
void machine_and(void *_Nonnull into, const void *_Nonnull with, size_t count);
void machine_or(void *_Nonnull into, const void *_Nonnull with, size_t count);
void machine_xor(void *_Nonnull into, const void *_Nonnull with, size_t count);

/// Turns every bit of the `count` bytes at `bytes` over.
void machine_not(void *_Nonnull bytes, size_t count);

/// How many of the `count` bytes at `bytes` equal `byte` before the first that does not.
size_t machine_run_of(const void *_Nonnull bytes, uint8_t byte, size_t count);

#endif
