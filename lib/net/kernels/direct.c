/*
 * Convolutions of any kernel and stride as products of matrices. What the kernel meets at a pixel
 * of output is copied into a row of a matrix of columns ("im2col": Chellapilla, Puri and Simard,
 * "High Performance Convolutional Neural Networks for Document Processing", 2006), for a block of
 * pixels of one or several samples: then [pixels][kernel * kernel * in] by weights [kernel *
 * kernel][in][out] is the output, and the transposed columns by its gradient are that by the
 * weights.
 *
 * Backward by the input likewise, from a copy of the gradient with a border: a pixel of x has
 * reached those outputs whose tap's parity fits, so with stride 2 there are four kinds of pixels,
 * or phases, of which each has its own share of the kernel.
 */
#include "net/kernels/panels.h"
#include "net/kernels/tile.h"
#include "net/kernels/tiny.h"
#include "net/kernels/variant.h"

#include <string.h>

/* A block of columns, in floats, about; samples whose gradient is held at once, at most, and about
 * how large that may be. */
enum { COLUMN_FLOATS = 32 << 10, TOGETHER = 8, GRADIENT_FLOATS = 64 << 10 };

/* The convolution's own output, before a pool; and its margin: how far the kernel reaches. */
static struct layout output_of(const struct conv *c)
{
    int s = c->stride, h = (c->x.h + s - 1) / s, w = (c->x.w + s - 1) / s;
    size_t lanes = (size_t)c->y.lanes, row = (size_t)w * lanes;

    return (struct layout){
        .h = h, .w = w, .lanes = c->y.lanes, .row = row, .size = (size_t)h * row};
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

static int together(const struct conv *c)
{
    size_t n = GRADIENT_FLOATS / gradient_of(c).size;

    return n < 1 ? 1 : n > TOGETHER ? TOGETHER : (int)n;
}

/* Where the kernel lies when it is at output (0, 0): its upper left tap. */
static const float *corner(const struct conv *c, const float *x)
{
    return x + c->x.first - (size_t)margin(c) * (c->x.row + (size_t)c->x.lanes);
}

/* ---- columns ---- */

/* How a row of pixels becomes columns: of each, `parts` pieces of so many floats. */
struct columns {
    int pixels, parts;
    size_t piece;
    size_t part_step, pixel_step; /* floats from a piece, and a pixel, to the next */
};

INLINE void copy_piece(const float *from, size_t n, float *to)
{
    size_t i = 0;

    for (; i + VL <= n; i += VL)
        store(to + i, load(from + i));
    for (; i < n; i++)
        to[i] = from[i];
}

static void fill_row(const struct columns *k, const float *from, float *to)
{
    for (int j = 0; j < k->pixels; j++)
        for (int u = 0; u < k->parts; u++, to += k->piece)
            copy_piece(from + (size_t)j * k->pixel_step + (size_t)u * k->part_step, k->piece, to);
}

/* Rows of so many floats that a block has: one or more, an even number of them behind a pool. */
static int rows_of_block(const struct conv *c, size_t floats)
{
    int rows = (int)(COLUMN_FLOATS / floats);

    if (c->pool)
        return rows < 2 ? 2 : rows / 2 * 2;
    return rows < 1 ? 1 : rows;
}

/* Columns of the forward run: a row of output. */
static struct columns columns_of(const struct conv *c)
{
    size_t in = (size_t)c->x.lanes;

    return (struct columns){output_of(c).w, c->kernel, (size_t)c->kernel * in, c->x.row,
                            (size_t)c->stride * in};
}

/* A block of rows, of which `row` is the first among those of all samples, `rows` of each. */
static void fill_columns(const struct conv *c, const struct columns *k, const float *x,
                         size_t x_stride, int rows, int row, int n, float *to)
{
    for (int r = row; r < row + n; r++, to += (size_t)(k->pixels * k->parts) * k->piece) {
        const float *from = corner(c, x + (size_t)(r / rows) * x_stride);
        fill_row(k, from + (size_t)(r % rows * c->stride) * c->x.row, to);
    }
}

/* ---- forward ---- */

static void finish_row(const struct conv *c, const float *bias, const float *z, float *y)
{
    size_t lanes = (size_t)c->y.lanes, pixels = (size_t)c->y.w;

    for (size_t k = 0; k < lanes; k += VL) {
        vf b = bias ? load(bias + k) : (vf){0};
        for (size_t j = 0; j < pixels; j++) {
            vf v = load(z + j * lanes + k) + b;
            store(y + j * lanes + k, c->relu ? relu(v) : v);
        }
    }
}

/* Row i of the pool, of two rows of the convolution. */
static void pool_rows(const struct conv *c, const float *bias, const float *z, int i, float *y,
                      uint8_t *winner)
{
    size_t lanes = (size_t)c->y.lanes, row = output_of(c).row;
    struct tile_output to = {&c->y, y, winner, c->relu, 1};

    for (size_t k = 0; k < lanes; k += VL)
        for (int j = 0; j < c->y.w; j++) {
            const float *upper = z + (size_t)(2 * j) * lanes + k, *lower = upper + row;
            const vf four[4] = {load(upper), load(upper + lanes), load(lower), load(lower + lanes)};
            tile_store(&to, i, j, k, four, bias ? load(bias + k) : (vf){0});
        }
}

/* Rows row .. row + n - 1 of the convolution are in z. */
static void finish_block(const struct conv *c, const float *bias, const struct samples *s, int rows,
                         int row, int n, const float *z)
{
    for (int r = row; r < row + n; r += c->pool ? 2 : 1) {
        size_t sample = (size_t)(r / rows);
        float *y = s->y + sample * s->y_stride;
        int i = r % rows;
        if (c->pool)
            pool_rows(c, bias, z, i / 2, y, s->kept + sample * s->kept_stride);
        else
            finish_row(c, bias, z, y + c->y.first + (size_t)i * c->y.row);
        z += (c->pool ? 2 : 1) * output_of(c).row;
    }
}

void VARIANT(direct_forward)(const struct conv *c, const float *packed, const float *bias,
                             const struct samples *s, float *scratch)
{
    struct columns k = columns_of(c);
    size_t out = (size_t)c->y.lanes, products = (size_t)k.parts * k.piece;
    size_t row_floats = (size_t)k.pixels * products;
    int rows = c->pool ? 2 * c->y.h : c->y.h, block = rows_of_block(c, row_floats);
    struct gemm g = {.a_row = products, .a_k = 1, .c_row = out};
    float *z = scratch + (size_t)block * row_floats;

    if (tiny_fits(c)) {
        VARIANT(tiny_forward)(c, packed, bias, s);
        return;
    }
    for (int row = 0; row < s->n * rows; row += block) {
        int n = s->n * rows - row < block ? s->n * rows - row : block;
        fill_columns(c, &k, s->x, s->x_stride, rows, row, n, scratch);
        panel_gemm(n * k.pixels, (int)out, (int)products, scratch, packed, z, &g, 0);
        finish_block(c, bias, s, rows, row, n, z);
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

/* Of the way there; the image has no way back. */
static size_t weight_floats(const struct conv *c)
{
    return (size_t)(c->kernel * c->kernel) * (size_t)c->x.lanes * (size_t)c->y.lanes;
}

size_t VARIANT(direct_packed)(const struct conv *c)
{
    return (c->image ? 1 : 2) * weight_floats(c);
}

/* Outputs o.. and inputs k.., VL of both, of one tap: [in][out] becomes [out][in], rows `row` and
 * on of a matrix of `rows`. */
static void turn_square(const struct conv *c, const float *from, size_t o, size_t k, size_t rows,
                        size_t row, float *to)
{
    size_t in = (size_t)c->x.lanes, out = (size_t)c->y.lanes;
    vi turned[VL];

    for (size_t l = 0; l < VL; l++)
        turned[l] = (vi)load(from + (k + l) * out + o);
    transpose(turned);
    for (size_t l = 0; l < VL; l++)
        store(to + panel_place(rows, in, row + o + l, k), (vf)turned[l]);
}

/* The taps of one phase: [taps][out][in], in the order of their outputs. */
static void pack_phase(const struct conv *c, int phase, const float *weight, float *to, int task,
                       int tasks)
{
    struct reach down = reach_of(c, phase / c->stride), across = reach_of(c, phase % c->stride);
    size_t in = (size_t)c->x.lanes, out = (size_t)c->y.lanes, rows;
    int taps = down.taps * across.taps, squares = (int)(in / VL * (out / VL)) * taps;

    rows = (size_t)taps * out;
    for (int i = (int)((int64_t)squares * task / tasks);
         i < (int)((int64_t)squares * (task + 1) / tasks); i++) {
        int t = i % taps, u = down.last - t / across.taps * c->stride;
        int v = across.last - t % across.taps * c->stride;
        size_t square = (size_t)(i / taps), o = square / (in / VL) * VL,
               k = square % (in / VL) * VL;
        turn_square(c, weight + (size_t)(u * c->kernel + v) * in * out, o, k, rows, (size_t)t * out,
                    to);
    }
}

void VARIANT(direct_pack)(const struct conv *c, const float *weight, float *packed, int backward,
                          int task, int tasks)
{
    size_t out = (size_t)c->y.lanes, rows = weight_floats(c) / out;

    for (size_t i = rows * (size_t)task / (size_t)tasks;
         i < rows * (size_t)(task + 1) / (size_t)tasks; i++)
        panel_set_row(rows, out, i, weight + i * out, packed);
    packed += weight_floats(c);
    for (int phase = 0; backward && !c->image && phase < c->stride * c->stride; phase++) {
        pack_phase(c, phase, weight, packed, task, tasks);
        packed +=
            (size_t)(reach_of(c, phase / c->stride).taps * reach_of(c, phase % c->stride).taps) *
            (size_t)c->x.lanes * out;
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

/* Rows of the gradient without their border, as a matrix [pixels][out]. */
static void copy_rows(const struct layout *l, const float *dz, int row, int n, float *to)
{
    size_t pixels = (size_t)(n * l->w), lanes = (size_t)l->lanes;

    for (size_t i = 0; i < pixels; i++) {
        size_t r = (size_t)row + i / (size_t)l->w, j = i % (size_t)l->w, h = (size_t)l->h;
        panel_set_row(pixels, lanes, i,
                      dz + r / h * l->size + l->first + r % h * l->row + j * lanes, to);
    }
}

/* Of n samples. */
static void add_weight_gradient(const struct conv *c, const struct layout *l, const float *x,
                                size_t x_stride, const float *dz, int n, float *dw, float *scratch)
{
    struct columns k = columns_of(c);
    size_t out = (size_t)c->y.lanes, products = (size_t)k.parts * k.piece;
    size_t row_floats = (size_t)k.pixels * products;
    int rows = l->h, block = rows_of_block(c, row_floats);
    float *dense = scratch + (size_t)block * row_floats;
    struct gemm g = {.a_row = 1, .a_k = products, .c_row = out};

    for (int row = 0; row < n * rows; row += block) {
        int many = n * rows - row < block ? n * rows - row : block;
        fill_columns(c, &k, x, x_stride, rows, row, many, scratch);
        copy_rows(l, dz, row, many, dense);
        panel_gemm((int)products, (int)out, many * k.pixels, scratch, dense, dw, &g, 1);
    }
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

/* The pixels of one phase. */
struct phase {
    int below, right; /* its parities */
    int rows;         /* of a sample */
    struct reach down, across;
    struct columns columns;
};

static struct phase phase_of(const struct conv *c, const struct layout *l, int number)
{
    struct phase p = {.below = number / c->stride, .right = number % c->stride};
    int pixels = (c->x.w - p.right + c->stride - 1) / c->stride;

    p.rows = (c->x.h - p.below + c->stride - 1) / c->stride;
    p.down = reach_of(c, p.below);
    p.across = reach_of(c, p.right);
    p.columns = (struct columns){pixels, p.down.taps, (size_t)p.across.taps * (size_t)l->lanes,
                                 l->row, (size_t)l->lanes};
    return p;
}

/* dx of a row's pixels, which lie `stride` apart. */
static void give_row(const struct conv *c, const struct phase *p, int i, const float *from,
                     float *dx)
{
    size_t in = (size_t)c->x.lanes;

    dx += c->x.first + (size_t)(i * c->stride + p->below) * c->x.row + (size_t)p->right * in;
    for (int j = 0; j < p->columns.pixels; j++)
        copy_piece(from + (size_t)j * in, in, dx + (size_t)(j * c->stride) * in);
}

/* dx of the pixels of one phase, of n samples. */
static void bring_back(const struct conv *c, const struct layout *l, const struct phase *p,
                       const float *packed, const float *dz, int n, float *dx, size_t dx_stride,
                       float *scratch)
{
    const struct columns *k = &p->columns;
    size_t in = (size_t)c->x.lanes, products = (size_t)k->parts * k->piece;
    size_t row_floats = (size_t)k->pixels * products;
    int rows = p->rows, block = rows_of_block(c, row_floats);
    struct gemm g = {.a_row = products, .a_k = 1, .c_row = in};
    float *z = scratch + (size_t)block * row_floats;

    for (int row = 0; row < n * rows; row += block) {
        int many = n * rows - row < block ? n * rows - row : block;
        for (int r = row; r < row + many; r++) {
            int i = r % rows + p->down.from + margin(c), j = p->across.from + margin(c);
            fill_row(k,
                     dz + (size_t)(r / rows) * l->size + (size_t)i * l->row +
                         (size_t)j * (size_t)l->lanes,
                     scratch + (size_t)(r - row) * row_floats);
        }
        panel_gemm(many * k->pixels, (int)in, (int)products, scratch, packed, z, &g, 0);
        for (int r = row; r < row + many; r++)
            give_row(c, p, r % rows, z + (size_t)((r - row) * k->pixels) * in,
                     dx + (size_t)(r / rows) * dx_stride);
    }
}

static void bring_all_back(const struct conv *c, const struct layout *l, const float *packed,
                           const float *dz, int n, float *dx, size_t dx_stride, float *scratch)
{
    for (int number = 0; number < c->stride * c->stride; number++) {
        struct phase p = phase_of(c, l, number);
        if (p.rows == 0 || p.columns.pixels == 0)
            continue;
        if (p.down.taps > 0 && p.across.taps > 0)
            bring_back(c, l, &p, packed, dz, n, dx, dx_stride, scratch);
        for (int s = 0; s < n && (p.down.taps == 0 || p.across.taps == 0); s++)
            clear_phase(c, p.below, p.right, dx + (size_t)s * dx_stride);
        packed += (size_t)(p.down.taps * p.across.taps) * (size_t)c->x.lanes * (size_t)l->lanes;
    }
}

/* ---- both ---- */

/* A block of columns and what they are multiplied to, or by. */
static size_t room_for(const struct conv *c, const struct columns *k, size_t lanes)
{
    size_t row = (size_t)(k->pixels * k->parts) * k->piece;

    return (size_t)rows_of_block(c, row) * (row + (size_t)k->pixels * lanes);
}

size_t VARIANT(direct_scratch)(const struct conv *c)
{
    struct columns k = columns_of(c);
    struct layout l = gradient_of(c);
    size_t room = room_for(c, &k, (size_t)c->y.lanes);

    for (int i = 0; i < c->stride * c->stride && !c->image; i++) {
        struct phase p = phase_of(c, &l, i);
        if (p.columns.pixels && p.columns.parts && p.columns.piece &&
            room_for(c, &p.columns, (size_t)c->x.lanes) > room)
            room = room_for(c, &p.columns, (size_t)c->x.lanes);
    }
    return room + (size_t)together(c) * l.size;
}

void VARIANT(direct_backward)(const struct conv *c, const float *packed, const struct samples *s,
                              float *dw, float *db, float *scratch)
{
    struct layout l = gradient_of(c);
    int most = together(c);
    float *dz = scratch, *rest = dz + (size_t)most * l.size;

    memset(dz, 0, (size_t)most * l.size * sizeof *dz); /* the borders */
    for (int first = 0; first < s->n; first += most) {
        int n = s->n - first < most ? s->n - first : most;
        size_t x = (size_t)first * s->x_stride;
        for (int i = 0; i < n; i++) {
            size_t at = (size_t)(first + i), y = at * s->y_stride;
            float *to = dz + (size_t)i * l.size;
            if (c->pool)
                spread_gradient(c, &l, s->y + y, s->dy + y, s->kept + at * s->kept_stride, to);
            else
                copy_gradient(c, &l, s->y + y, s->dy + y, to);
            if (db)
                add_bias_gradient(&l, to, db);
        }
        if (tiny_fits(c)) {
            VARIANT(tiny_backward)(c, &l, dz, packed + weight_floats(c), s, first, n, dw);
            continue;
        }
        if (dw)
            add_weight_gradient(c, &l, s->x + x, s->x_stride, dz, n, dw, rest);
        if (s->dx)
            bring_all_back(c, &l, packed + weight_floats(c), dz, n, s->dx + x, s->x_stride, rest);
    }
}
