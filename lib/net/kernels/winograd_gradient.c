/*
 * Backward through a 3x3 convolution without a pool, where all of the gradient may be there.
 *
 * By the input: a forward convolution of dz with the flipped weights (winograd.c). By the weights:
 * the adjoint of F(2x2, 3x3), which is G^T [sum over tiles of (B^T d B) . (A dz A^T)] G with d the
 * 4x4 patch of x and dz the 2x2 tile of the gradient. Small tiles here: what cancels exactly when
 * it is summed directly, the gradient of a weight whose input is dead wherever its output is not,
 * leaves a remainder in these sums, and an optimizer that divides by a gradient's size follows it.
 */
#include "net/kernels/variant.h"

#include <string.h>

#include "net/kernels/gemm.h"
#include "net/kernels/winograd.h"

/* B^T d B and A dz A^T of a block of tiles, in floats; samples whose dz is held at once, at most,
 * and about how large that may be. */
enum { FREQUENCIES = 16, BLOCK_FLOATS = 80 << 10, BLOCK_LEAST = 8, TOGETHER = 8 };
enum { GRADIENT_FLOATS = 64 << 10 };

/* How the tiles of samples are cut into blocks that stay in the core's own cache. */
struct tiling {
    int columns, tiles;    /* of a sample */
    int block;             /* tiles at once, at most */
    size_t in, out;        /* lanes */
    size_t d_step, z_step; /* floats from one frequency to the next */
};

static struct tiling plan(const struct conv *c)
{
    struct tiling b = {.columns = (c->x.w + 1) / 2,
                       .tiles = (c->x.h + 1) / 2 * ((c->x.w + 1) / 2),
                       .in = (size_t)c->x.lanes,
                       .out = (size_t)c->y.lanes};
    int most = BLOCK_FLOATS / (FREQUENCIES * (c->x.lanes + c->y.lanes));

    b.block = most < BLOCK_LEAST ? BLOCK_LEAST : most;
    if (b.block > TOGETHER * b.tiles)
        b.block = TOGETHER * b.tiles;
    /* Never a power of two between frequencies: as in winograd.c. */
    b.d_step = (size_t)(b.block + 1) * b.in;
    b.z_step = (size_t)(b.block + 1) * b.out;
    return b;
}

/* The layout of dz: the convolution's output with the border that a convolution needs. */
static struct layout gradient_layout(const struct conv *c)
{
    struct layout l = c->x;

    l.lanes = c->y.lanes;
    l.row = l.row / (size_t)c->x.lanes * (size_t)l.lanes;
    l.first = l.row + (size_t)l.lanes;
    l.size = l.size / (size_t)c->x.lanes * (size_t)l.lanes;
    return l;
}

static int together(const struct layout *l)
{
    size_t n = GRADIENT_FLOATS / l->size;

    return n < 1 ? 1 : n > TOGETHER ? TOGETHER : (int)n;
}

/* Of scratch: dz of some samples, the sum over the tiles, and what either direction works on. */
static size_t room_for_tiles(const struct conv *c)
{
    struct layout l = gradient_layout(c);
    struct tiling b = plan(c);
    size_t weights = FREQUENCIES * (b.d_step + b.z_step);
    size_t input = VARIANT(winograd_room)(&l, &c->x);

    return weights > input ? weights : input;
}

size_t VARIANT(winograd_scratch)(const struct conv *c)
{
    size_t forward = VARIANT(winograd_room)(&c->x, &c->y), backward;
    struct layout l;

    if (c->pool)
        return forward;
    l = gradient_layout(c);
    backward = (size_t)together(&l) * l.size +
               FREQUENCIES * (size_t)c->x.lanes * (size_t)c->y.lanes + room_for_tiles(c);
    return forward > backward ? forward : backward;
}

/* B^T d B for the 4x4 patch at d, `lanes` channels; frequency f of it goes to v + f * step. */
INLINE void transform_patch(const float *d, size_t row, size_t lanes, float *v, size_t step)
{
    for (size_t c = 0; c < lanes; c += VL) {
        vf t[4][4];
        for (int j = 0; j < 4; j++) {
            const float *p = d + (size_t)j * lanes + c;
            vf d0 = load(p), d1 = load(p + row), d2 = load(p + 2 * row), d3 = load(p + 3 * row);
            t[0][j] = d0 - d2;
            t[1][j] = d1 + d2;
            t[2][j] = d2 - d1;
            t[3][j] = d1 - d3;
        }
        for (int i = 0; i < 4; i++) {
            float *to = v + (size_t)(4 * i) * step + c;
            store(to, t[i][0] - t[i][2]);
            store(to + step, t[i][1] + t[i][2]);
            store(to + 2 * step, t[i][2] - t[i][1]);
            store(to + 3 * step, t[i][1] - t[i][3]);
        }
    }
}

/* A dz A^T for the 2x2 tile at d. */
INLINE void transform_tile(const float *d, size_t row, size_t lanes, float *m, size_t step)
{
    for (size_t c = 0; c < lanes; c += VL) {
        vf t[4][2];
        for (int j = 0; j < 2; j++) {
            vf d0 = load(d + (size_t)j * lanes + c), d1 = load(d + row + (size_t)j * lanes + c);
            t[0][j] = d0;
            t[1][j] = d0 + d1;
            t[2][j] = d0 - d1;
            t[3][j] = -d1;
        }
        for (int i = 0; i < 4; i++) {
            float *to = m + (size_t)(4 * i) * step + c;
            store(to, t[i][0]);
            store(to + step, t[i][0] + t[i][1]);
            store(to + 2 * step, t[i][0] - t[i][1]);
            store(to + 3 * step, -t[i][1]);
        }
    }
}

/* dw += G^T du G. */
INLINE void transform_weights_back(const vf u[FREQUENCIES], float *dw, size_t tap)
{
    vf t[3][4];

    for (int j = 0; j < 4; j++) {
        vf sum = 0.5f * (u[4 + j] + u[8 + j]);
        t[0][j] = u[j] + sum;
        t[1][j] = 0.5f * (u[4 + j] - u[8 + j]);
        t[2][j] = sum + u[12 + j];
    }
    for (int i = 0; i < 3; i++) {
        float *to = dw + (size_t)(3 * i) * tap;
        vf sum = 0.5f * (t[i][1] + t[i][2]);
        store(to, load(to) + (t[i][0] + sum));
        store(to + tap, load(to + tap) + 0.5f * (t[i][1] - t[i][2]));
        store(to + 2 * tap, load(to + 2 * tap) + (sum + t[i][3]));
    }
}

/* dz = dy where the ReLU let y through; adds its sum over the pixels to db. */
static void fill_gradient(const struct conv *c, const struct layout *l, const float *y,
                          const float *dy, float *dz, float *db)
{
    size_t lanes = (size_t)l->lanes;

    for (int i = 0; i < l->h; i++)
        for (int j = 0; j < l->w; j++) {
            size_t from = c->y.first + (size_t)i * c->y.row + (size_t)j * lanes;
            float *to = dz + l->first + (size_t)i * l->row + (size_t)j * lanes;
            for (size_t k = 0; k < lanes; k += VL) {
                vf g = load(dy + from + k);
                if (c->relu)
                    g = pick_greater(load(y + from + k), (vf){0}, g, (vf){0});
                store(to + k, g);
                if (db)
                    store(db + k, load(db + k) + g);
            }
        }
}

/* The 2x2 tile (i, j) of a sample, or the patch around it. */
INLINE size_t tile_at(const struct layout *l, int i, int j)
{
    return (size_t)(2 * i) * l->row + (size_t)(2 * j) * (size_t)l->lanes;
}

/* Asks for the two rows of pixels below the patch at d, which the tiles of the next row need: in a
 * training over whole batches they are far away, and too many streams of numbers are written here
 * for the processor to see what is read. */
INLINE void ask_below(const float *d, size_t row, size_t lanes)
{
    for (size_t k = 0; k < 2 * lanes; k += NET_LANES) {
        __builtin_prefetch(d + 4 * row + k);
        __builtin_prefetch(d + 5 * row + k);
    }
}

/* Transforms `count` tiles of all samples, counted through, from `first` on. */
static void fill_tiles(const struct conv *c, const struct layout *l, const float *x,
                       size_t x_stride, const float *dz, const struct tiling *b, int first,
                       int count, float *d, float *z)
{
    int here = first % b->tiles, i = here / b->columns, j = here % b->columns;

    x += (size_t)(first / b->tiles) * x_stride;
    dz += (size_t)(first / b->tiles) * l->size + l->first;
    for (size_t t = 0; t < (size_t)count; t++) {
        const float *patch = x + tile_at(&c->x, i, j);
        ask_below(patch, c->x.row, b->in);
        transform_patch(patch, c->x.row, b->in, d + t * b->in, b->d_step);
        transform_tile(dz + tile_at(l, i, j), l->row, b->out, z + t * b->out, b->z_step);
        if (++j < b->columns)
            continue;
        j = 0;
        if (++i < b->tiles / b->columns)
            continue;
        i = 0;
        x += x_stride;
        dz += l->size;
    }
}

/* Adds the products of the tiles of n samples to du [16][out][in]. */
static void add_weight_gradient(const struct conv *c, const struct layout *l, const float *x,
                                size_t x_stride, const float *dz, int n, const struct tiling *b,
                                float *du, float *scratch)
{
    float *d = scratch, *z = scratch + FREQUENCIES * b->d_step;
    struct gemm g = {1, b->out, b->in, b->in};
    int tiles = n * b->tiles;

    for (int first = 0; first < tiles; first += b->block) {
        int count = tiles - first < b->block ? tiles - first : b->block;
        fill_tiles(c, l, x, x_stride, dz, b, first, count, d, z);
        for (size_t f = 0; f < FREQUENCIES; f++)
            gemm((int)b->out, (int)b->in, count, z + f * b->z_step, d + f * b->d_step,
                 du + f * b->in * b->out, &g, 1);
    }
}

static void finish_weight_gradient(const struct tiling *b, const float *du, float *dw)
{
    size_t step = b->in * b->out;

    for (size_t o = 0; o < b->out; o++)
        for (size_t k = 0; k < b->in; k += VL) {
            vf u[FREQUENCIES];
            for (size_t f = 0; f < FREQUENCIES; f++)
                u[f] = load(du + f * step + o * b->in + k);
            transform_weights_back(u, dw + o * 9 * b->in + k, b->in);
        }
}

/* dx of n samples. */
static void bring_back(const struct conv *c, const struct layout *l, const float *packed,
                       const float *dz, const struct samples *s, int first, int n, float *scratch)
{
    struct convolution back = {.x = l,
                               .y = &c->x,
                               .u = packed + (size_t)WINOGRAD_FREQUENCIES * (size_t)c->x.lanes *
                                                 (size_t)c->y.lanes,
                               .n = n,
                               .from = dz,
                               .from_stride = l->size,
                               .to = s->dx + (size_t)first * s->x_stride,
                               .to_stride = s->x_stride};

    VARIANT(winograd_convolve)(&back, scratch);
}

void VARIANT(winograd_backward)(const struct conv *c, const float *packed, const struct samples *s,
                                float *dw, float *db, float *scratch)
{
    struct tiling b = plan(c);
    struct layout l = gradient_layout(c);
    size_t step = b.in * b.out;
    int most = together(&l);
    float *dz = scratch, *du = dz + (size_t)most * l.size, *rest = du + FREQUENCIES * step;

    memset(dz, 0,
           (size_t)most * l.size * sizeof *dz); /* the borders; what is inside is always set */
    if (dw)
        memset(du, 0, FREQUENCIES * step * sizeof *du);
    for (int first = 0; first < s->n; first += most) {
        int n = s->n - first < most ? s->n - first : most;
        for (int i = 0; i < n; i++) {
            size_t y = (size_t)(first + i) * s->y_stride;
            fill_gradient(c, &l, s->y + y, s->dy + y, dz + (size_t)i * l.size, db);
        }
        if (dw)
            add_weight_gradient(c, &l, s->x + (size_t)first * s->x_stride, s->x_stride, dz, n, &b,
                                du, rest);
        if (s->dx)
            bring_back(c, &l, packed, dz, s, first, n, rest);
    }
    if (dw)
        finish_weight_gradient(&b, du, dw);
}
