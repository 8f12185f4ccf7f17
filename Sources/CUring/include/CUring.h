// CUring: one asynchronous read on an io_uring, as static inline wrappers over the kernel's calls.
//
// Used to have a page touched by the kernel's own worker instead of by the loop (PieceStore in
// Memory). The ring has one entry; one read is in flight at a time.
#ifndef FLASHKVD_CURING_H
#define FLASHKVD_CURING_H

#include <errno.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct touch_ring {
    int ring;
    int source;
    unsigned *_Nullable sq_tail;
    unsigned *_Nullable sq_mask;
    unsigned *_Nullable sq_array;
    struct io_uring_sqe *_Nullable entries;
    unsigned *_Nullable cq_head;
    unsigned *_Nullable cq_tail;
    unsigned *_Nullable cq_mask;
    struct io_uring_cqe *_Nullable completions;
};

/// Makes a ring that reads from `source` (/dev/zero). 0, or -errno where there is no io_uring.
static inline int touch_ring_open(struct touch_ring *_Nonnull r, int source) {
    struct io_uring_params p;
    memset(&p, 0, sizeof p);
    memset(r, 0, sizeof *r);
    r->source = source;
    r->ring = (int)syscall(__NR_io_uring_setup, 1, &p);
    if (r->ring < 0) return -errno;
    if (!(p.features & IORING_FEAT_SINGLE_MMAP)) return -ENOSYS;
    size_t sq = p.sq_off.array + p.sq_entries * sizeof(unsigned);
    size_t cq = p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe);
    size_t bytes = sq > cq ? sq : cq;
    char *base = (char *)mmap(
        0, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->ring, IORING_OFF_SQ_RING);
    void *entries = mmap(
        0, p.sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE,
        MAP_SHARED | MAP_POPULATE, r->ring, IORING_OFF_SQES);
    if (base == MAP_FAILED || entries == MAP_FAILED) return -errno;
    r->sq_tail = (unsigned *)(base + p.sq_off.tail);
    r->sq_mask = (unsigned *)(base + p.sq_off.ring_mask);
    r->sq_array = (unsigned *)(base + p.sq_off.array);
    r->cq_head = (unsigned *)(base + p.cq_off.head);
    r->cq_tail = (unsigned *)(base + p.cq_off.tail);
    r->cq_mask = (unsigned *)(base + p.cq_off.ring_mask);
    r->completions = (struct io_uring_cqe *)(base + p.cq_off.cqes);
    r->entries = (struct io_uring_sqe *)entries;
    return 0;
}

/// Has one byte at `address` written by a kernel worker. 0, or -errno.
static inline int touch_ring_start(struct touch_ring *_Nonnull r, void *_Nonnull address) {
    unsigned tail = *r->sq_tail, index = tail & *r->sq_mask;
    struct io_uring_sqe *e = &r->entries[index];
    memset(e, 0, sizeof *e);
    e->opcode = IORING_OP_READ;
    e->flags = IOSQE_ASYNC;
    e->fd = r->source;
    e->addr = (uint64_t)(uintptr_t)address;
    e->len = 1;
    r->sq_array[index] = index;
    __atomic_store_n(r->sq_tail, tail + 1, __ATOMIC_RELEASE);
    long n = syscall(__NR_io_uring_enter, r->ring, 1, 0, 0, (void *)0, 0);
    return n == 1 ? 0 : -errno;
}

/// 0 while the byte is not written; 1 when it is; -errno if that failed.
static inline int touch_ring_poll(struct touch_ring *_Nonnull r) {
    unsigned head = *r->cq_head;
    if (__atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE) == head) return 0;
    int result = r->completions[head & *r->cq_mask].res;
    __atomic_store_n(r->cq_head, head + 1, __ATOMIC_RELEASE);
    return result < 0 ? result : 1;
}

#endif
