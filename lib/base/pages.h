/*
 * Large memory in large pages, where the system has them: what a training goes through again and
 * again, step by step, is otherwise more than a processor keeps addresses of.
 */
#ifndef ROTPIPE_BASE_PAGES_H
#define ROTPIPE_BASE_PAGES_H

#include <stddef.h>

/* Zeroed memory, aligned to 64 bytes; to be freed with free. NULL if there is none. */
void *pages_allocate(size_t bytes);

#endif
