/*
 * 3x3 convolutions by Winograd's F(4x4, 3x3) (Lavin and Gray, "Fast Algorithms for Convolutional
 * Neural Networks", CVPR 2016): a 4x4 tile of output is A^T [(G w G^T) . (B^T d B)] A with d the
 * 6x6 patch of input, so that 36 products an input and output channel do what 144 did. Each of the
 * 36 "frequencies" is a matrix product over channels for many tiles at once.
 *
 * Where one or two pixels are left over at the end of a row or column, tiles are narrow, 2 pixels
 * that come of a patch of 4 by F(2, 3) in that direction. Its points are among the others', so the
 * same transformed weights serve it, and it does without the frequencies of the points it lacks.
 *
 * The matrices are Toom's and Cook's for the points 0, +-sqrt(1/2), +-sqrt(2) and infinity: the
 * usual 0, +-1, +-2 make errors of twice the size, in the worst case four times (why the choice
 * matters: Barabasz, Anderson, Soodhalter and Gregg, "Error Analysis and Improving the Accuracy of
 * Winograd Convolution for Deep Neural Networks", ACM TOMS 2020).
 */
#include "net/kernels/winograd.h"

#include <string.h>

#include "net/kernels/gemm.h"
#include "net/kernels/tile.h"
#include "net/kernels/variant.h"
#include "net/net.h"

/*
 * V and M of a block of tiles, in floats: half a megabyte, about what a second cache holds. In
 * larger blocks the transformed weights are read less often. M is of SLICE output channels at a
 * time.
 */
enum { BLOCK_FLOATS = 128 << 10, BLOCK_LEAST = 8, SLICE = 64 };
enum { BLOCK_MOST = BLOCK_FLOATS / (WINOGRAD_FREQUENCIES * 2 * NET_LANES) };

enum { TILE = WINOGRAD_TILE, PATCH = WINOGRAD_PATCH, FREQUENCIES = WINOGRAD_FREQUENCIES };

/* The points a and b, and b^3. */
static const float A = 0.70710678f, B = 1.41421356f, B3 = 2.82842712f;

/* A frequency in one direction that narrow tiles have: those of 0, a, -a and infinity. */
INLINE int is_wide(int f)
{
    return f == 3 || f == 4;
}

enum { NARROW = 4 };
static const int narrow[NARROW] = {0, 1, 2, 5};

/* How the tiles of samples are cut into blocks. */
struct blocks {
    int rows, columns;         /* of tiles in a sample */
    int last_row, last_column; /* those that are narrow, or -1 */
    int block;                 /* tiles at once */
    size_t in, out, slice;     /* lanes */
    size_t v_step, m_step;     /* floats from one frequency to the next */
};

static int tiles_along(int pixels)
{
    return (pixels + TILE - 1) / TILE;
}

static int narrow_along(int pixels)
{
    return pixels % TILE == 1 || pixels % TILE == 2 ? pixels / TILE : -1;
}

/* Blocks for `samples` samples, or the largest for any number of them: samples 0. */
static struct blocks plan(const struct layout *x, const struct layout *y, int samples)
{
    struct blocks b = {.rows = tiles_along(x->h),
                       .columns = tiles_along(x->w),
                       .last_row = narrow_along(x->h),
                       .last_column = narrow_along(x->w),
                       .in = (size_t)x->lanes,
                       .out = (size_t)y->lanes};
    int tiles = samples * b.rows * b.columns;

    b.slice = b.out < SLICE ? b.out : SLICE;
    b.block = BLOCK_FLOATS / (FREQUENCIES * (int)(b.in + b.slice));
    if (b.block < BLOCK_LEAST)
        b.block = BLOCK_LEAST;
    if (tiles) {
        /* Blocks of nearly one size: a last one of a tile or two would be most of its own overhead.
         */
        int blocks = (tiles + b.block - 1) / b.block;
        b.block = (tiles + blocks - 1) / blocks;
    }
    /* A row more between frequencies: a power of two would put them all in the same cache sets. */
    b.v_step = (size_t)(b.block + 1) * b.in;
    b.m_step = (size_t)(b.block + 1) * b.slice;
    return b;
}

size_t VARIANT(winograd_room)(const struct layout *x, const struct layout *y)
{
    struct blocks b = plan(x, y, 0);

    return FREQUENCIES * (b.v_step + b.m_step);
}

/*
 * The tiles of a block. By their kinds, in an order in which those that have a frequency always
 * lie side by side: flat (narrow from top to bottom), whole, thin (narrow from left to right), and
 * small (both).
 */
enum kind { FLAT, WHOLE, THIN, SMALL, KINDS };

struct place {
    int sample, i, j;
};

/* The one behind it. */
static struct place next_place(const struct blocks *b, struct place p)
{
    if (++p.j < b->columns)
        return p;
    p.j = 0;
    if (++p.i < b->rows)
        return p;
    return (struct place){p.sample + 1, 0, 0};
}

struct tiles {
    struct place place[BLOCK_MOST];
    int start[KINDS + 1]; /* where each kind begins */
};

static enum kind kind_of(const struct blocks *b, struct place p)
{
    if (p.i == b->last_row)
        return p.j == b->last_column ? SMALL : FLAT;
    return p.j == b->last_column ? THIN : WHOLE;
}

static void list_tiles(const struct blocks *b, int first, int count, struct tiles *l)
{
    int here = first % (b->rows * b->columns), end[KINDS + 1] = {0};
    struct place from = {first / (b->rows * b->columns), here / b->columns, here % b->columns};
    struct place p = from;

    for (int t = 0; t < count; t++, p = next_place(b, p))
        end[kind_of(b, p) + 1]++;
    for (int kind = 0; kind < KINDS; kind++)
        end[kind + 1] += end[kind];
    memcpy(l->start, end, sizeof end);
    for (int t = 0; t < count; t++, from = next_place(b, from))
        l->place[end[kind_of(b, from)]++] = from;
}

/* ---- weights ---- */

/* G times three numbers. */
INLINE void widen(const vf g[3], vf u[PATCH])
{
    const float third = -2.0f / 3, sixth = 1.0f / 6;
    vf p = g[0] + 0.5f * g[2], q = (third * A) * g[1];
    vf r = g[0] + 2.0f * g[2], s = (sixth * B) * g[1];

    u[0] = g[0];
    u[1] = multiply_add(splat(third), p, q);
    u[2] = multiply_add(splat(third), p, -q);
    u[3] = multiply_add(splat(sixth), r, s);
    u[4] = multiply_add(splat(sixth), r, -s);
    u[5] = g[2];
}

/* U = G w G^T in VL lanes, stored `step` floats apart. */
INLINE void transform_weights(const vf w[9], float *u, size_t step)
{
    vf t[3][PATCH];

    for (int j = 0; j < 3; j++) {
        const vf column[3] = {w[j], w[3 + j], w[6 + j]};
        widen(column, t[j]);
    }
    for (int i = 0; i < PATCH; i++) {
        const vf row[3] = {t[0][i], t[1][i], t[2][i]};
        vf all[PATCH];
        widen(row, all);
        for (int j = 0; j < PATCH; j++)
            store(u + (size_t)(PATCH * i + j) * step, all[j]);
    }
}

/* Output channels o.. and input channels k.., VL of both. U's vectors run over outputs, w's over
 * inputs: a square of them is turned on its side. */
static void pack_square(const struct conv *c, const float *weight, size_t o, size_t k, float *u)
{
    size_t in = (size_t)c->x.lanes, out = (size_t)c->y.lanes;
    vi turned[9][VL];

    for (size_t t = 0; t < 9; t++) {
        for (size_t l = 0; l < VL; l++)
            turned[t][l] = (vi)load(weight + ((o + l) * 9 + t) * in + k);
        transpose(turned[t]);
    }
    for (size_t l = 0; l < VL; l++) {
        vf w[9];
        for (size_t t = 0; t < 9; t++)
            w[t] = (vf)turned[t][l];
        transform_weights(w, u + (k + l) * out + o, in * out);
    }
}

/* The weights of the convolution that brings gradients back: turned by half, outputs as inputs. */
static void pack_flipped(const struct conv *c, const float *weight, size_t o, size_t k, float *u)
{
    size_t in = (size_t)c->x.lanes, out = (size_t)c->y.lanes;

    for (size_t l = 0; l < VL; l++) {
        vf w[9];
        for (size_t t = 0; t < 9; t++)
            w[t] = load(weight + ((o + l) * 9 + 8 - t) * in + k);
        transform_weights(w, u + (o + l) * in + k, in * out);
    }
}

size_t VARIANT(winograd_packed)(const struct conv *c)
{
    return (size_t)(c->pool ? 1 : 2) * FREQUENCIES * (size_t)c->x.lanes * (size_t)c->y.lanes;
}

void VARIANT(winograd_pack)(const struct conv *c, const float *weight, float *packed, int backward,
                            int task, int tasks)
{
    size_t in = (size_t)c->x.lanes, out = (size_t)c->y.lanes, across = in / VL;
    size_t squares = across * (out / VL);
    size_t from = squares * (size_t)task / (size_t)tasks;
    size_t to = squares * (size_t)(task + 1) / (size_t)tasks;

    for (size_t i = from; i < to; i++) {
        size_t o = i / across * VL, k = i % across * VL;
        pack_square(c, weight, o, k, packed);
        if (backward && !c->pool)
            pack_flipped(c, weight, o, k, packed + FREQUENCIES * in * out);
    }
}

/* ---- the way in ---- */

/* B^T times six numbers, or four. */
INLINE void analyse(const int is_narrow, const vf d[PATCH], vf v[PATCH])
{
    vf even, odd, even2, odd2;

    if (is_narrow) {
        odd = (-1.5f * A) * d[1];
        v[0] = multiply_add(splat(-2), d[2], d[0]);
        v[1] = multiply_add(splat(-1.5f), d[2], odd);
        v[2] = multiply_add(splat(-1.5f), d[2], -odd);
        v[3] = multiply_add(splat(-0.5f), d[1], d[3]);
        return;
    }
    even = multiply_add(splat(-2), d[2], d[4]), odd = multiply_add(splat(-2), d[1], d[3]);
    even2 = multiply_add(splat(-0.5f), d[2], d[4]), odd2 = multiply_add(splat(-0.5f), d[1], d[3]);
    v[0] = multiply_add(splat(-2.5f), d[2], d[0]) + d[4];
    v[1] = multiply_add(splat(A), odd, even);
    v[2] = multiply_add(splat(-A), odd, even);
    v[3] = multiply_add(splat(B), odd2, even2);
    v[4] = multiply_add(splat(-B), odd2, even2);
    v[5] = multiply_add(splat(-2.5f), d[3], d[1]) + d[5];
}

/* V = B^T d B for the patch at d, `lanes` channels; frequency f of it goes to v + f * step. */
INLINE void transform_input(const enum kind kind, const float *d, size_t row, size_t lanes,
                            float *v, size_t step)
{
    const int flat = kind == FLAT || kind == SMALL, thin = kind == THIN || kind == SMALL;
    const int rows = flat ? NARROW : PATCH, columns = thin ? NARROW : PATCH;

    for (size_t c = 0; c < lanes; c += VL) {
        vf t[PATCH][PATCH];
        UNROLL
        for (int j = 0; j < columns; j++) {
            const float *p = d + (size_t)j * lanes + c;
            vf column[PATCH], all[PATCH];
            UNROLL
            for (int i = 0; i < rows; i++)
                column[i] = load(p + (size_t)i * row);
            analyse(flat, column, all);
            UNROLL
            for (int i = 0; i < rows; i++)
                t[i][j] = all[i];
        }
        UNROLL
        for (int i = 0; i < rows; i++) {
            float *to = v + (size_t)(PATCH * (flat ? narrow[i] : i)) * step + c;
            vf all[PATCH];
            analyse(thin, t[i], all);
            UNROLL
            for (int j = 0; j < columns; j++)
                store(to + (size_t)(thin ? narrow[j] : j) * step, all[j]);
        }
    }
}

/* The tiles of one kind. */
INLINE void fill_kind(const enum kind kind, const struct convolution *c, const struct blocks *b,
                      const struct tiles *l, float *v)
{
    for (int t = l->start[kind]; t < l->start[kind + 1]; t++) {
        struct place p = l->place[t];
        const float *patch = c->from + (size_t)p.sample * c->from_stride +
                             (size_t)(TILE * p.i) * c->x->row + (size_t)(TILE * p.j) * b->in;
        transform_input(kind, patch, c->x->row, b->in, v + (size_t)t * b->in, b->v_step);
    }
}

static void fill_input(const struct convolution *c, const struct blocks *b, const struct tiles *l,
                       float *v)
{
    fill_kind(FLAT, c, b, l, v);
    fill_kind(WHOLE, c, b, l, v);
    fill_kind(THIN, c, b, l, v);
    fill_kind(SMALL, c, b, l, v);
}

/* M = V U, output channels from `channel` on. */
static void multiply(const struct convolution *c, const struct blocks *b, const struct tiles *l,
                     size_t channel, const float *v, float *m)
{
    struct gemm g = {b->in, 1, b->out, b->slice};
    size_t wide = b->out - channel < b->slice ? b->out - channel : b->slice;

    for (int f = 0; f < FREQUENCIES; f++) {
        int upright = is_wide(f / PATCH), across = is_wide(f % PATCH);
        size_t first = (size_t)l->start[upright ? WHOLE : FLAT];
        size_t end = (size_t)l->start[across ? THIN : upright ? SMALL : KINDS];
        gemm((int)(end - first), (int)wide, (int)b->in, v + (size_t)f * b->v_step + first * b->in,
             c->u + (size_t)f * b->in * b->out + channel,
             m + (size_t)f * b->m_step + first * b->slice, &g, 0);
    }
}

/* ---- the way out ---- */

/* A^T times six numbers, or four. */
INLINE void synthesise(const int is_narrow, const vf m[PATCH], vf y[TILE])
{
    vf sum = m[1] + m[2], difference = m[1] - m[2], sum2, difference2;

    if (is_narrow) {
        y[0] = m[0] + sum;
        y[1] = multiply_add(splat(A), difference, m[3]);
        return;
    }
    sum2 = m[3] + m[4], difference2 = m[3] - m[4];
    y[0] = (m[0] + sum) + sum2;
    y[1] = multiply_add(splat(A), difference, B * difference2);
    y[2] = multiply_add(splat(2), sum2, 0.5f * sum);
    y[3] = multiply_add(splat(0.5f * A), difference, multiply_add(splat(B3), difference2, m[5]));
}

/* The pixels A^T m A of a tile, VL channels. */
INLINE void transform_output(const enum kind kind, const float *m, size_t step, vf out[TILE][TILE])
{
    const int flat = kind == FLAT || kind == SMALL, thin = kind == THIN || kind == SMALL;
    const int rows = flat ? NARROW : PATCH, columns = thin ? NARROW : PATCH;
    const int height = flat ? TILE / 2 : TILE;
    vf t[TILE][PATCH];

    UNROLL
    for (int j = 0; j < columns; j++) {
        const float *from = m + (size_t)(thin ? narrow[j] : j) * step;
        vf column[PATCH], all[TILE];
        UNROLL
        for (int i = 0; i < rows; i++)
            column[i] = load(from + (size_t)(PATCH * (flat ? narrow[i] : i)) * step);
        synthesise(flat, column, all);
        UNROLL
        for (int i = 0; i < height; i++)
            t[i][j] = all[i];
    }
    UNROLL
    for (int i = 0; i < height; i++)
        synthesise(thin, t[i], out[i]);
}

/* The tile at p through a pool, VL channels from `channel` on. */
INLINE void give_pooled(const int height, const int width, const struct convolution *c,
                        struct place p, size_t channel, vf out[TILE][TILE], vf bias)
{
    struct tile_output to = {c->y, c->to + (size_t)p.sample * c->to_stride,
                             c->winner + (size_t)p.sample * c->winner_stride, c->relu, c->pool};

    UNROLL
    for (int i = 0; i < height; i += 2) {
        UNROLL
        for (int j = 0; j < width; j += 2) {
            const vf four[4] = {out[i][j], out[i][j + 1], out[i + 1][j], out[i + 1][j + 1]};
            tile_store(&to, 2 * p.i + i / 2, 2 * p.j + j / 2, channel, four, bias);
        }
    }
}

/* Or its pixels; y begins at it and may be without its last row, or column. */
INLINE void give_pixels(const int height, const int width, const struct layout *l, struct place p,
                        float *y, vf out[TILE][TILE], vf bias, int is_relu)
{
    size_t row = l->row, lanes = (size_t)l->lanes;
    int down = l->h - TILE * p.i >= height, across = l->w - TILE * p.j >= width;

    UNROLL
    for (int i = 0; i < height; i++) {
        if (i == height - 1 && !down)
            continue;
        UNROLL
        for (int j = 0; j < width; j++) {
            vf v = out[i][j] + bias;
            if (j < width - 1 || across)
                store(y + (size_t)i * row + (size_t)j * lanes, is_relu ? relu(v) : v);
        }
    }
}

INLINE void drain_kind(const enum kind kind, const struct convolution *c, const struct blocks *b,
                       const struct tiles *l, size_t channel, const float *m)
{
    const int height = kind == FLAT || kind == SMALL ? TILE / 2 : TILE;
    const int width = kind == THIN || kind == SMALL ? TILE / 2 : TILE;
    size_t wide = b->out - channel < b->slice ? b->out - channel : b->slice;

    for (int t = l->start[kind]; t < l->start[kind + 1]; t++) {
        struct place p = l->place[t];
        float *y = c->to + (size_t)p.sample * c->to_stride + c->y->first +
                   (size_t)(TILE * p.i) * c->y->row + (size_t)(TILE * p.j) * b->out + channel;
        for (size_t k = 0; k < wide; k += VL) {
            vf out[TILE][TILE], bias = c->bias ? load(c->bias + channel + k) : (vf){0};
            transform_output(kind, m + (size_t)t * b->slice + k, b->m_step, out);
            if (c->pool)
                give_pooled(height, width, c, p, channel + k, out, bias);
            else
                give_pixels(height, width, c->y, p, y + k, out, bias, c->relu);
        }
    }
}

static void drain_output(const struct convolution *c, const struct blocks *b, const struct tiles *l,
                         size_t channel, const float *m)
{
    drain_kind(FLAT, c, b, l, channel, m);
    drain_kind(WHOLE, c, b, l, channel, m);
    drain_kind(THIN, c, b, l, channel, m);
    drain_kind(SMALL, c, b, l, channel, m);
}

void VARIANT(winograd_convolve)(const struct convolution *c, float *scratch)
{
    struct blocks b = plan(c->x, c->y, c->n);
    int tiles = c->n * b.rows * b.columns;
    float *v = scratch, *m = scratch + FREQUENCIES * b.v_step;
    struct tiles list;

    for (int first = 0; first < tiles; first += b.block) {
        list_tiles(&b, first, tiles - first < b.block ? tiles - first : b.block, &list);
        fill_input(c, &b, &list, v);
        for (size_t channel = 0; channel < b.out; channel += b.slice) {
            multiply(c, &b, &list, channel, v, m);
            drain_output(c, &b, &list, channel, m);
        }
    }
}

void VARIANT(winograd_forward)(const struct conv *c, const float *bias, const float *packed,
                               const struct samples *s, float *scratch)
{
    struct convolution all = {.x = &c->x,
                              .y = &c->y,
                              .relu = c->relu,
                              .pool = c->pool,
                              .u = packed,
                              .bias = bias,
                              .n = s->n,
                              .from = s->x,
                              .from_stride = s->x_stride,
                              .to = s->y,
                              .to_stride = s->y_stride,
                              .winner = s->kept,
                              .winner_stride = s->kept_stride};

    VARIANT(winograd_convolve)(&all, scratch);
}
