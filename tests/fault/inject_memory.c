/*
 * Preloaded: allocation that fails when the plan says so, and is counted. For glibc, whose own
 * functions it calls.
 */
#include "plan.h"

#include <errno.h>
#include <stddef.h>

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t alignment, size_t n);
void __libc_free(void *p);

/* A block that is new. */
static void *counted(void *p)
{
    plan_live(p != NULL);
    return p;
}

void *malloc(size_t n)
{
    return plan_fails(CALL_MEMORY) ? NULL : counted(__libc_malloc(n));
}

void *calloc(size_t n, size_t size)
{
    return plan_fails(CALL_MEMORY) ? NULL : counted(__libc_calloc(n, size));
}

void *realloc(void *p, size_t n)
{
    if (plan_fails(CALL_MEMORY))
        return NULL;
    return p ? __libc_realloc(p, n) : counted(__libc_realloc(p, n));
}

void free(void *p)
{
    plan_live(-(p != NULL));
    __libc_free(p);
}

void *aligned_alloc(size_t alignment, size_t n)
{
    return plan_fails(CALL_MEMORY) ? NULL : counted(__libc_memalign(alignment, n));
}

void *memalign(size_t alignment, size_t n)
{
    return plan_fails(CALL_MEMORY) ? NULL : counted(__libc_memalign(alignment, n));
}

int posix_memalign(void **to, size_t alignment, size_t n)
{
    void *p = plan_fails(CALL_MEMORY) ? NULL : counted(__libc_memalign(alignment, n));

    if (!p)
        return ENOMEM;
    *to = p;
    return 0;
}
