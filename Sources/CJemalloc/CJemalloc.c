#include "CJemalloc.h"

#if !defined(FLASHKVD_LIBC_MALLOC)
// Read by jemalloc at its start. Huge pages save the TLB misses of long values; nothing forks, so
// no page is ever copied on write.
const char *malloc_conf = "thp:always,metadata_thp:auto";
#endif
