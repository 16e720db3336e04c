/* Large memory in large pages. */
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE /* madvise */
#endif
#include "base/pages.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* A large page of most processors; what is smaller than some of these stays as it is, since the
 * last one is taken whole. */
enum { PAGE = 2 << 20, LEAST = 4 * PAGE, LINE = 64 };

void *pages_allocate(size_t bytes)
{
    size_t align = bytes < LEAST ? LINE : PAGE;
    void *p = aligned_alloc(align, (bytes + align - 1) / align * align);

    if (!p)
        return NULL;
#ifdef MADV_HUGEPAGE
    if (align == PAGE)
        madvise(p, bytes, MADV_HUGEPAGE); /* a wish: nothing depends on it */
#endif
    return memset(p, 0, bytes);
}
