// CLZF: liblzf's two functions. Neither writes beyond the room it is given, and the reader checks
// every back reference against what it has written.
#ifndef FLASHKVD_CLZF_H
#define FLASHKVD_CLZF_H

// Debian and Ubuntu keep the header in a folder of its own.
#if __has_include(<liblzf/lzf.h>)
#include <liblzf/lzf.h>
#else
#include <lzf.h>
#endif

// Bytes written to `out`, or 0 if they would be more than `room`.
static inline unsigned lzf_pack(
    const void *_Nonnull in, unsigned count, void *_Nonnull out, unsigned room) {
    return lzf_compress(in, count, out, room);
}

// Bytes written to `out`, or 0 if the input is broken or they would be more than `room`.
static inline unsigned lzf_unpack(
    const void *_Nonnull in, unsigned count, void *_Nonnull out, unsigned room) {
    return lzf_decompress(in, count, out, room);
}

#endif
