/* Sums of gradients by a fixed tree. */
#include "train/gradients.h"

#include <stdlib.h>
#include <string.h>

#include "net/net.h"

enum { TASKS_OF_A_THREAD = 8 };

int gradients_part(int leaves, int threads)
{
    int part = 1;

    while (part * TASKS_OF_A_THREAD * threads < leaves)
        part *= 2;
    return part;
}

static int tasks_of(const struct gradients *g, int leaves)
{
    return (leaves + g->part - 1) / g->part;
}

int gradients_new(struct gradients *g, const struct kernels *k, size_t count, int leaves,
                  int threads, struct error *e)
{
    int most = TASKS_OF_A_THREAD * threads;

    *g = (struct gradients){.kernels = k, .count = count, .threads = threads};
    for (int n = gradients_part(leaves, threads); n > 1; n /= 2)
        g->levels++;
    g->sum = net_allocate((size_t)(leaves < most ? leaves : most) * count);
    g->spare = net_allocate((size_t)threads * (size_t)g->levels * count);
    return g->sum && g->spare ? 0 : error_memory(e, "gradients");
}

void gradients_free(struct gradients *g)
{
    free(g->sum);
    free(g->spare);
    g->sum = g->spare = NULL;
}

int gradients_begin(struct gradients *g, int leaves)
{
    g->leaves = leaves;
    g->part = gradients_part(leaves, g->threads);
    return tasks_of(g, leaves);
}

void gradients_leaves(const struct gradients *g, int task, int *first, int *end)
{
    *first = task * g->part;
    *end = *first + g->part < g->leaves ? *first + g->part : g->leaves;
}

/*
 * The vectors of a task are a stack: after leaf i of it, numbered from 0, it holds one sum for each
 * bit that is set in i + 1, the largest sum first. Place 0 is the task's own.
 */
static float *vector(const struct gradients *g, int thread, int task, int place)
{
    if (place == 0)
        return g->sum + (size_t)task * g->count;
    return g->spare + ((size_t)thread * (size_t)g->levels + (size_t)(place - 1)) * g->count;
}

static int bits_set(int i)
{
    int n = 0;

    for (; i > 0; i &= i - 1)
        n++;
    return n;
}

float *gradients_open(struct gradients *g, int thread, int leaf, size_t at, size_t n)
{
    float *v = vector(g, thread, leaf / g->part, bits_set(leaf % g->part));

    memset(v + at, 0, n * sizeof *v);
    return v;
}

void gradients_close(struct gradients *g, int thread, int leaf, size_t at, size_t n)
{
    int task = leaf / g->part, i = leaf % g->part, top = bits_set(i);
    int is_last = i == g->part - 1 || leaf == g->leaves - 1;

    /* As many sums as i has ones at its end are as large as the new one; at the end all go. */
    for (int ones = i; top > 0 && (is_last || ones & 1); ones >>= 1, top--)
        g->kernels->add(vector(g, thread, task, top - 1) + at, vector(g, thread, task, top) + at,
                        n);
}

float *gradients_sum(struct gradients *g, size_t at, size_t n)
{
    g->kernels->sum(g->sum + at, g->count, tasks_of(g, g->leaves), n);
    return g->sum + at;
}
