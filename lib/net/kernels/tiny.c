/*
 * Convolutions of few pixels (tiny.h): pixel by pixel of the output, or tap by tap of the weights,
 * the product of just those matrices that meet. Nothing is copied: a row of a matrix is a pixel of
 * a sample where it lies. Sums are taken in the order of direct.c, which adds the zeros, too.
 */
#include "net/kernels/tiny.h"

#include "net/kernels/panels.h"

/* Samples that a group has at most, and so the pairs of pixels that meet at a tap. */
enum { SAMPLES = 8, PAIRS = SAMPLES * TINY_PIXELS };

/* Samples of a tensor side by side. */
struct tiny {
    const struct layout *layout;
    float *at;
    size_t stride;
};

static size_t place(const struct layout *l, int i, int j)
{
    return l->first + (size_t)i * l->row + (size_t)j * (size_t)l->lanes;
}

/* The taps or pixels [from, end) that meet something: those of [0, n) with 0 <= i + by < size. */
struct range {
    int from, end;
};

static struct range meeting(int n, int by, int size)
{
    return (struct range){by < 0 ? -by : 0, size - by < n ? size - by : n};
}

/* ---- the kernel on a tensor ---- */

/* One pixel of all samples, for the columns of a panel: a matrix product for each row of taps. */
static void correlate_pixel(int kernel, int n, const struct tiny *x, const float *panel, int wide,
                            const struct tiny *y, int i, int j, float *to)
{
    size_t lanes = (size_t)x->layout->lanes;
    int margin = kernel / 2;
    struct range down = meeting(kernel, i - margin, x->layout->h);
    struct range across = meeting(kernel, j - margin, x->layout->w);
    struct gemm g = {x->stride, 1, (size_t)wide, y->stride};
    int k = (across.end - across.from) * (int)lanes;

    for (int u = down.from; u < down.end; u++) {
        const float *from = x->at + place(x->layout, i + u - margin, j + across.from - margin);
        const float *w = panel + (size_t)(u * kernel + across.from) * lanes * (size_t)wide;
        int add = u > down.from, whole = REGISTERS == 32 && n == SAMPLES && wide == 2 * VL;
        if (whole && add)
            gemm_tile(SAMPLES, 2, k, from, w, to, &g, 1);
        else if (whole)
            gemm_tile(SAMPLES, 2, k, from, w, to, &g, 0);
        else if (add)
            gemm(n, wide, k, from, w, to, &g, 1);
        else
            gemm(n, wide, k, from, w, to, &g, 0);
    }
}

/* y = the kernel on x, of n samples. */
static void correlate(int kernel, int n, const struct tiny *x, const float *weights,
                      const struct tiny *y)
{
    size_t rows = (size_t)(kernel * kernel) * (size_t)x->layout->lanes;
    size_t out = (size_t)y->layout->lanes;

    for (size_t column = 0; column < out; column += PANEL)
        for (int i = 0; i < y->layout->h; i++)
            for (int j = 0; j < y->layout->w; j++)
                correlate_pixel(kernel, n, x, weights + column * rows,
                                (int)panel_width(out, column), y, i, j,
                                y->at + place(y->layout, i, j) + column);
}

/* Bias and ReLU of a row of pixels, where it is. */
static void finish_row(const struct conv *c, const float *bias, float *y)
{
    size_t lanes = (size_t)c->y.lanes;

    for (size_t k = 0; k < lanes; k += VL) {
        vf b = bias ? load(bias + k) : (vf){0};
        for (size_t j = k; j < (size_t)c->y.w * lanes; j += lanes)
            store(y + j, c->relu ? relu(load(y + j) + b) : load(y + j) + b);
    }
}

void VARIANT(tiny_forward)(const struct conv *c, const float *weights, const float *bias,
                           const struct samples *s)
{
    struct tiny x = {&c->x, (float *)s->x, s->x_stride}, y = {&c->y, s->y, s->y_stride};

    correlate(c->kernel, s->n, &x, weights, &y);
    for (int r = 0; (bias || c->relu) && r < s->n * c->y.h; r++)
        finish_row(c, bias,
                   s->y + (size_t)(r / c->y.h) * s->y_stride + place(&c->y, r % c->y.h, 0));
}

/* ---- the weights ---- */

/* Where the pixels lie that meet at a tap. */
struct pairs {
    int n;
    size_t x[PAIRS], z[PAIRS];
};

static void find_pairs(int u, int v, int n, const struct tiny *x, const struct tiny *dz,
                       struct pairs *p)
{
    struct range down = meeting(dz->layout->h, u, x->layout->h);
    struct range across = meeting(dz->layout->w, v, x->layout->w);

    p->n = 0;
    for (size_t s = 0; s < (size_t)n; s++)
        for (int i = down.from; i < down.end; i++)
            for (int j = across.from; j < across.end; j++) {
                p->x[p->n] = s * x->stride + place(x->layout, i + u, j + v);
                p->z[p->n++] = s * dz->stride + place(dz->layout, i, j);
            }
}

/* As gemm_tile: four rows of dw, `wide` vectors of each. */
INLINE void pairs_tile(const int wide, const struct pairs *p, const float *x, const float *dz,
                       float *dw, size_t row)
{
    vf sum[4][4];

    UNROLL
    for (int r = 0; r < 4; r++) {
        UNROLL
        for (int v = 0; v < wide; v++)
            sum[r][v] = load(dw + (size_t)r * row + (size_t)v * VL);
    }
    for (int i = 0; i < p->n; i++) {
        const float *a = x + p->x[i], *b = dz + p->z[i];
        vf in[4];
        UNROLL
        for (int v = 0; v < wide; v++)
            in[v] = load(b + (size_t)v * VL);
        UNROLL
        for (int r = 0; r < 4; r++) {
            UNROLL
            for (int v = 0; v < wide; v++)
                sum[r][v] = multiply_add(splat(a[r]), in[v], sum[r][v]);
        }
    }
    UNROLL
    for (int r = 0; r < 4; r++) {
        UNROLL
        for (int v = 0; v < wide; v++)
            store(dw + (size_t)r * row + (size_t)v * VL, sum[r][v]);
    }
}

/* The tiles of `wide` vectors from `column` on; returns the column behind them. */
INLINE size_t pairs_columns(const int wide, const struct pairs *p, const struct tiny *x,
                            const struct tiny *dz, size_t column, float *dw)
{
    size_t in = (size_t)x->layout->lanes, out = (size_t)dz->layout->lanes;

    for (; column + (size_t)wide * VL <= out; column += (size_t)wide * VL)
        for (size_t r = 0; r < in; r += 4)
            pairs_tile(wide, p, x->at + r, dz->at + column, dw + r * out + column, out);
    return column;
}

/* dw += what x and dz say to it. */
static void add_weights(int kernel, int n, const struct tiny *x, const struct tiny *dz, float *dw)
{
    size_t tap = (size_t)x->layout->lanes * (size_t)dz->layout->lanes;
    struct pairs p;

    for (int t = 0; t < kernel * kernel; t++, dw += tap) {
        size_t column = 0;
        find_pairs(t / kernel - kernel / 2, t % kernel - kernel / 2, n, x, dz, &p);
        if (p.n == 0)
            continue;
#if REGISTERS == 32
        column = pairs_columns(4, &p, x, dz, column, dw);
#endif
        column = pairs_columns(2, &p, x, dz, column, dw);
        pairs_columns(1, &p, x, dz, column, dw);
    }
}

void VARIANT(tiny_backward)(const struct conv *c, const struct layout *l, float *dz,
                            const float *weights, const struct samples *s, int first, int n,
                            float *dw)
{
    size_t from = (size_t)first * s->x_stride;
    struct tiny z = {l, dz, l->size}, x = {&c->x, (float *)s->x + from, s->x_stride};
    struct tiny dx = {&c->x, s->dx ? s->dx + from : NULL, s->x_stride};

    if (dw)
        add_weights(c->kernel, n, &x, &z, dw);
    if (s->dx)
        correlate(c->kernel, n, &z, weights, &dx);
}
