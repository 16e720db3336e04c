/* A Gram matrix, tile by tile, each tile by the kernel of a dense layer. */
#include "eval/gram.h"

#include "net/net.h"

#include <stdlib.h>

/* Rows and columns of a tile: few enough points to stay in a cache. */
enum { TILE = 64 };

struct job {
    const float *x;
    uint64_t n;
    size_t d, columns;
    float *gram;
    const struct kernels *kernels;
    float *tile; /* [threads][TILE][TILE] */
    float zero[TILE];
};

/* Tile number `task` of the lower triangle, counted row by row. */
static void tile_of(int task, uint64_t *row, uint64_t *column)
{
    int i = 0;

    for (; task > i; i++)
        task -= i + 1;
    *row = (uint64_t)i * TILE;
    *column = (uint64_t)task * TILE;
}

static int tile_size(uint64_t n, uint64_t at)
{
    return n - at < TILE ? (int)(n - at) : TILE;
}

static void tile_task(void *context, int thread, int task)
{
    struct job *job = context;
    float *tile = job->tile + (size_t)thread * TILE * TILE;
    struct samples all = {.x_stride = job->d, .y = tile, .y_stride = TILE};
    struct dense dense = {.in = (int)job->d};
    uint64_t row, column;

    tile_of(task, &row, &column);
    dense.out = tile_size(job->n, column);
    all.n = tile_size(job->n, row);
    all.x = job->x + row * job->d;
    job->kernels->dense_forward(&dense, job->x + column * job->d, job->zero, &all);
    /* On the diagonal both halves of the tile come from its lower one, so that K is symmetric. */
    for (uint64_t i = 0; i < (uint64_t)all.n; i++)
        for (uint64_t k = 0; k < (uint64_t)dense.out && column + k <= row + i; k++) {
            float v = tile[i * TILE + k];
            job->gram[(row + i) * job->columns + column + k] = v;
            job->gram[(column + k) * job->columns + row + i] = v;
        }
}

int gram_matrix(const float *x, uint64_t n, size_t d, float *gram, size_t columns,
                const struct kernels *kernels, struct team *team, struct error *e)
{
    struct job job = {.x = x, .n = n, .d = d, .columns = columns, .gram = gram, .kernels = kernels};
    int tiles = (int)((n + TILE - 1) / TILE);

    job.tile = net_allocate((size_t)team_size(team) * TILE * TILE);
    if (!job.tile)
        return error_memory(e, "scalar products");
    team_run(team, tile_task, &job, tiles * (tiles + 1) / 2);
    free(job.tile);
    return 0;
}
