#include "CJemalloc.h"

#if !defined(FLASHKVD_LIBC_MALLOC)
// Read by jemalloc at its start. One thread allocates, so one arena will do.
const char *malloc_conf = "narenas:1,dirty_decay_ms:20000,muzzy_decay_ms:0";
#endif
