/*
 * Convolutions of any kernel and stride, by products of matrices. The weights of a row of the
 * kernel meet pixels that lie side by side: with weights [kernel][kernel][in][out] a row of output
 * is the sum over the rows of the kernel of [pixels][kernel * in] by [kernel * in][out], where one
 * pixel's inputs begin `stride` pixels behind those of the one before, without any copy of them.
 *
 * Backward by the input likewise, from a copy of the gradient with a border: a pixel of x has
 * reached those outputs whose tap's parity fits, so with stride 2 there are four kinds of pixels,
 * or phases, of which each has its own share of the kernel.
 */
#include "net/kernels/gemm.h"
#include "net/kernels/tile.h"
#include "net/kernels/variant.h"

#include <string.h>

/* The convolution's own output, before a pool; and its margin: how far the kernel reaches. */
static struct layout output_of(const struct conv *c)
{
    int s = c->stride, h = (c->x.h + s - 1) / s, w = (c->x.w + s - 1) / s;
    size_t lanes = (size_t)c->y.lanes;

    return (struct layout){.h = h,
                           .w = w,
                           .lanes = c->y.lanes,
                           .row = (size_t)w * lanes,
                           .size = (size_t)h * w * lanes};
}

static int margin(const struct conv *c)
{
    return (c->kernel - 1) / 2;
}

/* The copy of the gradient by that output: as far as the kernel reaches there are zeros. */
static struct layout gradient_of(const struct conv *c)
{
    struct layout l = output_of(c);
    size_t border = (size_t)margin(c), lanes = (size_t)l.lanes;

    l.row = ((size_t)l.w + 2 * border) * lanes;
    l.first = border * (l.row + lanes);
    l.size = ((size_t)l.h + 2 * border) * l.row;
    return l;
}

/* Where the kernel lies when it is at output (0, 0): its upper left tap. */
static const float *corner(const struct conv *c, const float *x)
{
    return x + c->x.first - (size_t)margin(c) * (c->x.row + (size_t)c->x.lanes);
}

size_t VARIANT(direct_scratch)(const struct conv *c)
{
    size_t rows = c->pool ? 2 * output_of(c).row : 0, gradient = gradient_of(c).size;

    return rows > gradient ? rows : gradient;
}

/* ---- forward ---- */

/* Row i of the convolution, without the bias. */
static void convolve_row(const struct conv *c, const float *x, const float *weight, int i, float *z)
{
    size_t in = (size_t)c->x.lanes, out = (size_t)c->y.lanes, k = (size_t)c->kernel;
    struct gemm g = {(size_t)c->stride * in, 1, out, out};
    const float *from = corner(c, x) + (size_t)(i * c->stride) * c->x.row;
    int pixels = output_of(c).w;

    gemm(pixels, (int)out, (int)(k * in), from, weight, z, &g, 0);
    for (size_t u = 1; u < k; u++)
        gemm(pixels, (int)out, (int)(k * in), from + u * c->x.row, weight + u * k * in * out, z, &g,
             1);
}

static void finish_row(const struct conv *c, const float *bias, float *z)
{
    size_t lanes = (size_t)c->y.lanes, pixels = (size_t)c->y.w;

    for (size_t k = 0; k < lanes; k += VL) {
        vf b = bias ? load(bias + k) : (vf){0};
        for (size_t j = 0; j < pixels; j++) {
            vf v = load(z + j * lanes + k) + b;
            store(z + j * lanes + k, c->relu ? relu(v) : v);
        }
    }
}

/* Row i of the pool, of rows 2i and 2i + 1 of the convolution. */
static void pool_rows(const struct conv *c, const float *bias, const float *z, int i, float *y,
                      uint8_t *winner)
{
    size_t lanes = (size_t)c->y.lanes;
    struct tile_output to = {&c->y, y, winner, c->relu, 1};

    for (size_t k = 0; k < lanes; k += VL)
        for (int j = 0; j < c->y.w; j++) {
            const float *upper = z + (size_t)(2 * j) * lanes + k, *lower = upper + output_of(c).row;
            const vf four[4] = {load(upper), load(upper + lanes), load(lower), load(lower + lanes)};
            tile_store(&to, i, j, k, four, bias ? load(bias + k) : (vf){0});
        }
}

void VARIANT(direct_forward)(const struct conv *c, const float *weight, const float *bias,
                             const struct samples *s, float *scratch)
{
    for (int n = 0; n < s->n; n++) {
        const float *x = s->x + (size_t)n * s->x_stride;
        float *y = s->y + (size_t)n * s->y_stride;
        for (int i = 0; i < c->y.h && !c->pool; i++) {
            float *row = y + c->y.first + (size_t)i * c->y.row;
            convolve_row(c, x, weight, i, row);
            if (bias || c->relu)
                finish_row(c, bias, row);
        }
        for (int i = 0; i < c->y.h && c->pool; i++) {
            convolve_row(c, x, weight, 2 * i, scratch);
            convolve_row(c, x, weight, 2 * i + 1, scratch + output_of(c).row);
            pool_rows(c, bias, scratch, i, y, s->kept + (size_t)n * s->kept_stride);
        }
    }
}

/* ---- the weights as the way back reads them ---- */

/*
 * The taps in one direction that have reached pixels of parity `phase`, and the output that the
 * first of them, the last of the kernel, has gone to from pixel `phase`: the others follow it.
 */
struct reach {
    int taps, last; /* the last tap; those before it are `stride` apart */
    int from;
};

static struct reach reach_of(const struct conv *c, int phase)
{
    int first = (phase + margin(c)) % c->stride;
    struct reach r = {(c->kernel - first + c->stride - 1) / c->stride, 0, 0};

    r.last = first + (r.taps - 1) * c->stride;
    /* An exact division, of what may be negative. */
    r.from = (phase + margin(c) - r.last) / c->stride;
    return r;
}

size_t VARIANT(direct_packed)(const struct conv *c)
{
    return c->image ? 0 : (size_t)(c->kernel * c->kernel) * (size_t)c->x.lanes * (size_t)c->y.lanes;
}

/* Outputs o.. and inputs k.., VL of both, of one tap: [in][out] becomes [out][in]. */
static void turn_square(const float *from, size_t in, size_t out, size_t o, size_t k, float *to)
{
    vi turned[VL];

    for (size_t l = 0; l < VL; l++)
        turned[l] = (vi)load(from + (k + l) * out + o);
    transpose(turned);
    for (size_t l = 0; l < VL; l++)
        store(to + (o + l) * in + k, (vf)turned[l]);
}

static void turn_tap(const struct conv *c, const float *from, float *to, int task, int tasks)
{
    size_t in = (size_t)c->x.lanes, out = (size_t)c->y.lanes, across = in / VL;
    size_t squares = across * (out / VL);
    size_t first = squares * (size_t)task / (size_t)tasks;
    size_t end = squares * (size_t)(task + 1) / (size_t)tasks;

    for (size_t i = first; i < end; i++)
        turn_square(from, in, out, i / across * VL, i % across * VL, to);
}

/* Phase by phase, in the order of the taps' outputs: [out][in] of each. */
void VARIANT(direct_pack)(const struct conv *c, const float *weight, float *packed, int task,
                          int tasks)
{
    size_t step = (size_t)c->x.lanes * (size_t)c->y.lanes;

    for (int phase = 0; phase < c->stride * c->stride; phase++) {
        struct reach down = reach_of(c, phase / c->stride), across = reach_of(c, phase % c->stride);
        for (int t = 0; t < down.taps * across.taps; t++, packed += step) {
            int u = down.last - t / across.taps * c->stride;
            int v = across.last - t % across.taps * c->stride;
            turn_tap(c, weight + (size_t)(u * c->kernel + v) * step, packed, task, tasks);
        }
    }
}

/* ---- backward ---- */

/* The gradient by the convolution's output, where no pool follows it. */
static void copy_gradient(const struct conv *c, const struct layout *l, const float *y,
                          const float *dy, float *dz)
{
    size_t lanes = (size_t)l->lanes;

    for (int i = 0; i < l->h; i++) {
        size_t from = c->y.first + (size_t)i * c->y.row, to = l->first + (size_t)i * l->row;
        for (size_t k = 0; k < (size_t)l->w * lanes; k += VL) {
            vf g = load(dy + from + k);
            if (c->relu)
                g = pick_greater(load(y + from + k), (vf){0}, g, (vf){0});
            store(dz + to + k, g);
        }
    }
}

/* And where one does: what is no winner, or lies beyond the pool, is zero. */
static void spread_gradient(const struct conv *c, const struct layout *l, const float *y,
                            const float *dy, const uint8_t *winner, float *dz)
{
    size_t lanes = (size_t)l->lanes;

    memset(dz, 0, l->size * sizeof *dz);
    for (int i = 0; i < c->y.h; i++)
        for (int j = 0; j < c->y.w; j++) {
            size_t from = c->y.first + (size_t)i * c->y.row + (size_t)j * lanes;
            size_t pixel = ((size_t)i * (size_t)c->y.w + (size_t)j) * lanes;
            float *to = dz + l->first + (size_t)(2 * i) * l->row + (size_t)(2 * j) * lanes;
            for (size_t k = 0; k < lanes; k += VL) {
                vf g = load(dy + from + k);
                vi which = load_bytes(winner + pixel + k);
                if (c->relu)
                    g = pick_greater(load(y + from + k), (vf){0}, g, (vf){0});
                for (int q = 0; q < 4; q++)
                    store(to + (size_t)(q / 2) * l->row + (size_t)(q % 2) * lanes + k,
                          keep_equal(which, (vi){0} + q, g));
            }
        }
}

static void add_bias_gradient(const struct layout *l, const float *dz, float *db)
{
    size_t lanes = (size_t)l->lanes;

    for (size_t k = 0; k < lanes; k += VL) {
        vf sum = {0};
        for (int i = 0; i < l->h; i++)
            for (int j = 0; j < l->w; j++)
                sum += load(dz + l->first + (size_t)i * l->row + (size_t)j * lanes + k);
        store(db + k, load(db + k) + sum);
    }
}

static void add_weight_gradient(const struct conv *c, const struct layout *l, const float *x,
                                const float *dz, float *dw)
{
    size_t in = (size_t)c->x.lanes, out = (size_t)c->y.lanes, k = (size_t)c->kernel;
    struct gemm g = {1, (size_t)c->stride * in, out, out};

    for (size_t u = 0; u < k; u++)
        for (int i = 0; i < l->h; i++)
            gemm((int)(k * in), (int)out, l->w,
                 corner(c, x) + ((size_t)(i * c->stride) + u) * c->x.row,
                 dz + l->first + (size_t)i * l->row, dw + u * k * in * out, &g, 1);
}

/* No tap has reached these pixels: with a kernel of 1 and a stride of 2 there are some. */
static void clear_phase(const struct conv *c, int down, int across, float *dx)
{
    size_t lanes = (size_t)c->x.lanes;

    for (int i = down; i < c->x.h; i += c->stride)
        for (int j = across; j < c->x.w; j += c->stride)
            memset(dx + c->x.first + (size_t)i * c->x.row + (size_t)j * lanes, 0,
                   lanes * sizeof *dx);
}

/* dx of the pixels of one phase; returns the floats of packed that it has taken. */
static size_t bring_back(const struct conv *c, const struct layout *l, int phase,
                         const float *packed, const float *dz, float *dx)
{
    int below = phase / c->stride, right = phase % c->stride;
    struct reach down = reach_of(c, below), across = reach_of(c, right);
    size_t in = (size_t)c->x.lanes, out = (size_t)c->y.lanes;
    size_t row = (size_t)across.taps * in * out;
    struct gemm g = {out, 1, in, (size_t)c->stride * in};
    int pixels = (c->x.w - right + c->stride - 1) / c->stride;

    if (down.taps == 0 || across.taps == 0) {
        clear_phase(c, below, right, dx);
        return 0;
    }
    for (int i = below; i < c->x.h; i += c->stride) {
        float *to = dx + c->x.first + (size_t)i * c->x.row + (size_t)right * in;
        const float *from = dz + (size_t)(i / c->stride + down.from + margin(c)) * l->row +
                            (size_t)(across.from + margin(c)) * out;
        for (int t = 0; t < down.taps; t++) {
            const float *b = packed + (size_t)t * row, *a = from + (size_t)t * l->row;
            int products = across.taps * (int)out;
            if (t == 0)
                gemm(pixels, (int)in, products, a, b, to, &g, 0);
            else
                gemm(pixels, (int)in, products, a, b, to, &g, 1);
        }
    }
    return (size_t)down.taps * row;
}

void VARIANT(direct_backward)(const struct conv *c, const float *packed, const struct samples *s,
                              float *dw, float *db, float *scratch)
{
    struct layout l = gradient_of(c);

    memset(scratch, 0, l.size * sizeof *scratch); /* its border */
    for (int n = 0; n < s->n; n++) {
        const float *x = s->x + (size_t)n * s->x_stride, *y = s->y + (size_t)n * s->y_stride;
        const float *dy = s->dy + (size_t)n * s->y_stride, *from = packed;
        if (c->pool)
            spread_gradient(c, &l, y, dy, s->kept + (size_t)n * s->kept_stride, scratch);
        else
            copy_gradient(c, &l, y, dy, scratch);
        if (db)
            add_bias_gradient(&l, scratch, db);
        if (dw)
            add_weight_gradient(c, &l, x, scratch, dw);
        for (int phase = 0; phase < c->stride * c->stride && s->dx; phase++)
            from += bring_back(c, &l, phase, from, scratch, s->dx + (size_t)n * s->x_stride);
    }
}
