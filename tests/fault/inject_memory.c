/* Preloaded: allocation that fails when the plan says so. For glibc, whose own functions it calls.
 */
#include "plan.h"

#include <errno.h>
#include <stddef.h>

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t alignment, size_t n);

void *malloc(size_t n)
{
    return plan_fails(CALL_MEMORY) ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    return plan_fails(CALL_MEMORY) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    return plan_fails(CALL_MEMORY) ? NULL : __libc_realloc(p, n);
}

void *aligned_alloc(size_t alignment, size_t n)
{
    return plan_fails(CALL_MEMORY) ? NULL : __libc_memalign(alignment, n);
}

void *memalign(size_t alignment, size_t n)
{
    return plan_fails(CALL_MEMORY) ? NULL : __libc_memalign(alignment, n);
}

int posix_memalign(void **to, size_t alignment, size_t n)
{
    void *p = plan_fails(CALL_MEMORY) ? NULL : __libc_memalign(alignment, n);

    if (!p)
        return ENOMEM;
    *to = p;
    return 0;
}
