// CJemalloc: jemalloc's sized interface, or libc's malloc behind the same names when
// FLASHKVD_LIBC_MALLOC is defined (AddressSanitizer builds).
#ifndef FLASHKVD_CJEMALLOC_H
#define FLASHKVD_CJEMALLOC_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static inline size_t heap_text_length(const char *_Nonnull text) { return strlen(text); }

#if defined(FLASHKVD_LIBC_MALLOC)

static inline void *_Nullable heap_allocate(size_t bytes) { return malloc(bytes); }
static inline void *_Nullable heap_allocate_zeroed(size_t bytes) { return calloc(1, bytes); }
static inline void *_Nullable heap_reallocate(void *_Nonnull p, size_t bytes) {
    return realloc(p, bytes);
}
static inline void heap_deallocate(void *_Nonnull p, size_t bytes) {
    (void)bytes;
    free(p);
}
// No rounding: what was asked for is all that may be touched, and the sanitizer checks just that.
static inline size_t heap_usable(size_t bytes) { return bytes; }
static inline int heap_control(
    const char *_Nonnull name, void *_Nullable old, size_t *_Nullable oldSize,
    void *_Nullable new_, size_t newSize) {
    (void)name; (void)old; (void)oldSize; (void)new_; (void)newSize;
    return -1;
}
static inline const char *_Nonnull heap_name(void) { return "libc"; }
static inline int heap_has_statistics(void) { return 0; }
static inline void heap_report(
    void (*_Nonnull line)(void *_Nullable, const char *_Nullable), void *_Nullable context) {
    (void)line; (void)context;
}

#else

#include <jemalloc/jemalloc.h>

static inline void *_Nullable heap_allocate(size_t bytes) { return mallocx(bytes, 0); }
static inline void *_Nullable heap_allocate_zeroed(size_t bytes) {
    return mallocx(bytes, MALLOCX_ZERO);
}
static inline void *_Nullable heap_reallocate(void *_Nonnull p, size_t bytes) {
    return rallocx(p, bytes, 0);
}
static inline void heap_deallocate(void *_Nonnull p, size_t bytes) { sdallocx(p, bytes, 0); }
static inline size_t heap_usable(size_t bytes) { return nallocx(bytes, 0); }
static inline int heap_control(
    const char *_Nonnull name, void *_Nullable old, size_t *_Nullable oldSize,
    void *_Nullable new_, size_t newSize) {
    return mallctl(name, old, oldSize, new_, newSize);
}
#define FLASHKVD_STRING_(x) #x
#define FLASHKVD_STRING(x) FLASHKVD_STRING_(x)
static inline const char *_Nonnull heap_name(void) {
    return "jemalloc-" FLASHKVD_STRING(JEMALLOC_VERSION_MAJOR) "." FLASHKVD_STRING(
        JEMALLOC_VERSION_MINOR) "." FLASHKVD_STRING(JEMALLOC_VERSION_BUGFIX);
}
static inline int heap_has_statistics(void) { return 1; }
// Calls `line` with pieces of the report.
static inline void heap_report(
    void (*_Nonnull line)(void *_Nullable, const char *_Nullable), void *_Nullable context) {
    malloc_stats_print(line, context, NULL);
}

#endif
#endif
