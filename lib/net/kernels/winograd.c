/*
 * 3x3 convolutions by Winograd's F(2x2, 3x3) (Lavin and Gray, "Fast Algorithms for Convolutional
 * Neural Networks", CVPR 2016): a 2x2 tile of output is A^T [(G w G^T) . (B^T d B)] A with d the
 * 4x4 patch of input, so that 16 products an input and output channel do what 36 did. Each of the
 * 16 "frequencies" is a matrix product over channels for many tiles at once.
 *
 * Backward is the exact adjoint. By the weights: V^T (A dz A^T) summed over the tiles and brought
 * back by G^T . G once; by the input: a forward convolution of dz with the flipped weights.
 */
#include "net/kernels/variant.h"

#include <string.h>

#include "net/kernels/gemm.h"
#include "net/kernels/tile.h"

/* V and M of a block of tiles, in floats: with the weights beside them they fit a second cache of
 * half a megabyte or more. */
enum { FREQUENCIES = 16, BLOCK_FLOATS = 80 << 10, BLOCK_LEAST = 8 };

/* How the tiles of one sample are cut into blocks that stay in the core's own cache. */
struct blocks {
    int rows, columns;     /* of tiles */
    int tiles;             /* of a sample */
    int block;             /* tiles at once */
    size_t in, out;        /* lanes */
    size_t v_step, m_step; /* floats from one frequency to the next */
};

static struct blocks plan(int h, int w, int in, int out)
{
    struct blocks b = {(h + 1) / 2, (w + 1) / 2, 0, 0, (size_t)in, (size_t)out, 0, 0};
    int most = BLOCK_FLOATS / (FREQUENCIES * (in + out));

    if (most < BLOCK_LEAST)
        most = BLOCK_LEAST;
    b.tiles = b.rows * b.columns;
    /* Blocks of nearly one size: a last one of a tile or two would be most of its own overhead. */
    b.block = (b.tiles + most - 1) / most;
    b.block = (b.tiles + b.block - 1) / b.block;
    /* A row more between frequencies: a power of two would put them all in the same cache sets. */
    b.v_step = (size_t)(b.block + 1) * b.in;
    b.m_step = (size_t)(b.block + 1) * b.out;
    return b;
}

static size_t blocks_floats(const struct blocks *b)
{
    return FREQUENCIES * (b->v_step + b->m_step);
}

/* V = B^T d B for the patch at d, `lanes` channels; frequency f of it goes to v + f * step. */
INLINE void transform_input(const float *d, size_t row, size_t lanes, float *v, size_t step)
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

/* The four pixels A^T m A of a tile, VL channels. */
INLINE void transform_output(const float *m, size_t step, vf out[4])
{
    vf t[2][4];

    for (int j = 0; j < 4; j++) {
        vf m0 = load(m + (size_t)j * step), m1 = load(m + (size_t)(4 + j) * step);
        vf m2 = load(m + (size_t)(8 + j) * step), m3 = load(m + (size_t)(12 + j) * step);
        t[0][j] = m0 + m1 + m2;
        t[1][j] = m1 - m2 - m3;
    }
    for (int i = 0; i < 2; i++) {
        out[2 * i] = t[i][0] + t[i][1] + t[i][2];
        out[2 * i + 1] = t[i][1] - t[i][2] - t[i][3];
    }
}

/* A dz A^T for the 2x2 tile at d: the adjoint of transform_output. */
INLINE void transform_gradient(const float *d, size_t row, size_t lanes, float *m, size_t step)
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

/* U = G w G^T for VL channels; w(tap) is the weight of a tap. */
INLINE void transform_weights(const vf w[9], vf u[FREQUENCIES])
{
    vf t[4][3];

    for (int j = 0; j < 3; j++) {
        vf sum = 0.5f * (w[j] + w[6 + j]), half = 0.5f * w[3 + j];
        t[0][j] = w[j];
        t[1][j] = sum + half;
        t[2][j] = sum - half;
        t[3][j] = w[6 + j];
    }
    for (int i = 0; i < 4; i++) {
        vf sum = 0.5f * (t[i][0] + t[i][2]), half = 0.5f * t[i][1];
        u[4 * i] = t[i][0];
        u[4 * i + 1] = sum + half;
        u[4 * i + 2] = sum - half;
        u[4 * i + 3] = t[i][2];
    }
}

/* dw += G^T du G: the adjoint of transform_weights. */
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

size_t VARIANT(winograd_packed)(const struct conv *c)
{
    return (size_t)(c->pool ? 1 : 2) * FREQUENCIES * (size_t)c->x.lanes * (size_t)c->y.lanes;
}

void VARIANT(winograd_pack)(const struct conv *c, const float *weight, float *packed, int backward,
                            int task, int tasks)
{
    size_t in = (size_t)c->x.lanes, out = (size_t)c->y.lanes, step = in * out;
    size_t from = out * (size_t)task / (size_t)tasks, to = out * (size_t)(task + 1) / (size_t)tasks;
    float *flipped = backward && !c->pool ? packed + FREQUENCIES * step : NULL;

    for (size_t o = from; o < to; o++)
        for (size_t k = 0; k < in; k += VL) {
            const float *w = weight + o * 9 * in + k;
            float lane[VL];
            vf g[9], u[FREQUENCIES];
            for (size_t t = 0; t < 9; t++)
                g[t] = load(w + t * in);
            transform_weights(g, u);
            for (size_t f = 0; f < FREQUENCIES; f++) {
                store(lane, u[f]);
                for (size_t l = 0; l < VL; l++)
                    packed[f * step + (k + l) * out + o] = lane[l];
            }
            if (!flipped)
                continue;
            for (size_t t = 0; t < 9; t++)
                g[t] = load(w + (8 - t) * in);
            transform_weights(g, u);
            for (size_t f = 0; f < FREQUENCIES; f++)
                store(flipped + f * step + o * in + k, u[f]);
        }
}

/* The patch of tile number t of a sample. */
INLINE const float *patch(const struct layout *l, const float *x, const struct blocks *b, int t)
{
    return x + (size_t)(2 * (t / b->columns)) * l->row +
           (size_t)(2 * (t % b->columns)) * (size_t)l->lanes;
}

static void fill_input(const struct layout *l, const float *x, const struct blocks *b, int first,
                       int count, float *v)
{
    for (int t = 0; t < count; t++)
        transform_input(patch(l, x, b, first + t), l->row, b->in, v + (size_t)t * b->in, b->v_step);
}

static void multiply(const struct blocks *b, int count, const float *v, const float *u, float *m)
{
    struct gemm g = {b->in, 1, b->out, b->out};

    for (size_t f = 0; f < FREQUENCIES; f++)
        gemm(count, (int)b->out, (int)b->in, v + f * b->v_step, u + f * b->in * b->out,
             m + f * b->m_step, &g, 0);
}

static void drain_output(const struct blocks *b, int first, int count, const float *m,
                         const float *bias, const struct tile_output *to)
{
    for (int t = 0; t < count; t++) {
        int i = (first + t) / b->columns, j = (first + t) % b->columns;
        for (size_t c = 0; c < b->out; c += VL) {
            vf out[4];
            transform_output(m + (size_t)t * b->out + c, b->m_step, out);
            tile_store(to, i, j, c, out, bias ? load(bias + c) : (vf){0});
        }
    }
}

/* One sample's convolution: x with its border, to what `to` says. */
static void convolve(const struct layout *l, const float *x, const struct blocks *b, const float *u,
                     const float *bias, const struct tile_output *to, float *scratch)
{
    float *v = scratch, *m = scratch + FREQUENCIES * b->v_step;

    for (int first = 0; first < b->tiles; first += b->block) {
        int count = b->tiles - first < b->block ? b->tiles - first : b->block;
        fill_input(l, x, b, first, count, v);
        multiply(b, count, v, u, m);
        drain_output(b, first, count, m, bias, to);
    }
}

void VARIANT(winograd_forward)(const struct conv *c, const float *bias, const float *packed,
                               const struct samples *s, float *scratch)
{
    struct blocks b = plan(c->x.h, c->x.w, c->x.lanes, c->y.lanes);

    for (int i = 0; i < s->n; i++) {
        struct tile_output to = {&c->y, s->y + (size_t)i * s->y_stride,
                                 s->winner + (size_t)i * s->winner_stride, c->relu, c->pool};
        convolve(&c->x, s->x + (size_t)i * s->x_stride, &b, packed, bias, &to, scratch);
    }
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

size_t VARIANT(winograd_scratch)(const struct conv *c)
{
    struct blocks b = plan(c->x.h, c->x.w, c->x.lanes, c->y.lanes);
    struct blocks back = plan(c->x.h, c->x.w, c->y.lanes, c->x.lanes);
    size_t forward = blocks_floats(&b), backward = blocks_floats(&back);

    if (c->pool)
        return forward;
    return (forward > backward ? forward : backward) + gradient_layout(c).size +
           FREQUENCIES * b.in * b.out;
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

/* Adds V^T (A dz A^T) of one sample to du [16][out][in]. */
static void add_weight_gradient(const struct conv *c, const struct layout *l, const float *x,
                                const float *dz, const struct blocks *b, float *du, float *scratch)
{
    float *v = scratch, *m = scratch + FREQUENCIES * b->v_step;
    struct gemm g = {1, b->out, b->in, b->in};

    for (int first = 0; first < b->tiles; first += b->block) {
        int count = b->tiles - first < b->block ? b->tiles - first : b->block;
        fill_input(&c->x, x, b, first, count, v);
        for (int t = 0; t < count; t++)
            transform_gradient(patch(l, dz + l->first, b, first + t), l->row, b->out,
                               m + (size_t)t * b->out, b->m_step);
        for (size_t f = 0; f < FREQUENCIES; f++)
            gemm((int)b->out, (int)b->in, count, m + f * b->m_step, v + f * b->v_step,
                 du + f * b->in * b->out, &g, 1);
    }
}

static void finish_weight_gradient(const struct blocks *b, const float *du, float *dw)
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

void VARIANT(winograd_backward)(const struct conv *c, const float *packed, const struct samples *s,
                                float *dw, float *db, float *scratch)
{
    struct blocks b = plan(c->x.h, c->x.w, c->x.lanes, c->y.lanes);
    struct blocks back = plan(c->x.h, c->x.w, c->y.lanes, c->x.lanes);
    struct layout l = gradient_layout(c);
    size_t step = b.in * b.out;
    float *dz = scratch, *du = dz + l.size, *rest = du + FREQUENCIES * step;

    memset(dz, 0, l.size * sizeof *dz); /* the border; what is inside is set for every sample */
    for (int i = 0; i < s->n; i++) {
        const float *x = s->x + (size_t)i * s->x_stride;
        const float *y = s->y + (size_t)i * s->y_stride, *dy = s->dy + (size_t)i * s->y_stride;
        fill_gradient(c, &l, y, dy, dz, db);
        /* A sum of its own for each sample, so that it does not matter how many come at once. */
        if (dw) {
            memset(du, 0, FREQUENCIES * step * sizeof *du);
            add_weight_gradient(c, &l, x, dz, &b, du, rest);
            finish_weight_gradient(&b, du, dw);
        }
        if (s->dx) {
            struct tile_output to = {&c->x, s->dx + (size_t)i * s->x_stride, NULL, 0, 0};
            convolve(&l, dz, &back, packed + FREQUENCIES * step, NULL, &to, rest);
        }
    }
}
