/*
 * Backward through a convolution that a 2x2 max pool follows: of its output's gradient at least
 * three quarters are zero, and ReLU makes more. Only the winners are visited, each twice.
 *
 * By the input: the winners at one pixel of the convolution's output share a 3x3 patch of dx,
 * which stays in registers while their weights pass by. By the weights: the winners of one output
 * channel share its 3x3 weights' gradient, which stays in registers while their patches of x pass
 * by. Both take VL input channels at a time, copied out of the pixels, so that what passes by
 * lies densely in the first cache: patches of a few samples at once, for all of which the weights'
 * gradient is read and written once; and of weights that do not fit there two rows of three.
 */
#include "net/kernels/variant.h"

#include <string.h>

#include "net/kernels/winners.h"

/* Floats that stay in the first cache: planes of x of some samples, how many at most; weights, for
 * VL channels. Results depend on none of these. */
enum { PLANES_FLOATS = 7 << 10, MOST_TOGETHER = 8, WEIGHTS_FLOATS = 10 << 10 };

/* What is worked on beside the winners. */
struct work {
    struct winners winners;
    float *plane; /* VL channels of x or dx: [rows][columns][VL], border included; some samples */
};

static size_t plane_floats(const struct conv *c)
{
    return c->x.size / (size_t)c->x.lanes * VL + VL;
}

static size_t weight_floats(const struct conv *c)
{
    return 9 * (size_t)c->x.lanes * (size_t)c->y.lanes;
}

/* Samples whose winners are held by channel at once. */
static int together(const struct conv *c)
{
    size_t most = PLANES_FLOATS / plane_floats(c);

    return most < 1 ? 1 : most > MOST_TOGETHER ? MOST_TOGETHER : (int)most;
}

/* Lays all of it out in scratch. */
static struct work place(const struct conv *c, float *scratch)
{
    int most = together(c);

    return (struct work){winners_place(c, most, scratch + (size_t)most * plane_floats(c)), scratch};
}

size_t VARIANT(sparse_scratch)(const struct conv *c)
{
    int most = together(c);

    return (size_t)most * plane_floats(c) + winners_floats(c, most);
}

size_t VARIANT(sparse_packed)(const struct conv *c)
{
    return weight_floats(c);
}

/* Weights as by_input reads them: [in / VL][out][9][VL]. */
void VARIANT(sparse_pack)(const struct conv *c, const float *weight, float *packed, int task,
                          int tasks)
{
    size_t in = (size_t)c->x.lanes, out = (size_t)c->y.lanes;
    size_t from = out * (size_t)task / (size_t)tasks, to = out * (size_t)(task + 1) / (size_t)tasks;

    for (size_t o = from; o < to; o++)
        for (size_t k = 0; k < in; k += VL)
            for (size_t t = 0; t < 9; t++)
                store(packed + (k * out + o * VL) * 9 + t * VL,
                      load(weight + (o * 9 + t) * in + k));
}

/* Copies VL channels from k on out of the pixels of x; and back into them, but for the border. */
static void take_plane(const struct layout *l, const float *x, size_t k, float *plane)
{
    for (size_t at = k; at + VL <= l->size; at += (size_t)l->lanes, plane += VL)
        store(plane, load(x + at));
}

static void give_plane(const struct layout *l, const float *plane, size_t k, float *x)
{
    size_t lanes = (size_t)l->lanes;

    for (int i = 0; i < l->h; i++) {
        size_t at = l->first + (size_t)i * l->row;
        const float *from = plane + at / lanes * VL;
        for (int j = 0; j < l->w; j++, at += lanes, from += VL)
            store(x + at + k, load(from));
    }
}

/* sum += gradient * nine vectors in three rows, for one winner. The empty asm keeps the compiler
 * from turning nine constant offsets into nine registers, of which there are too few. */
INLINE void add_nine(vf sum[9], float gradient, const float *from, size_t row)
{
    vf g = splat(gradient);

    __asm__("" : "+r"(from));
    for (size_t t = 0; t < 9; t++)
        sum[t] = multiply_add(g, load(from + t / 3 * row + t % 3 * VL), sum[t]);
}

/* dw for VL input channels, one output channel after the other. */
APART void by_weights(const struct conv *c, const struct winners *w, const float *plane, float *dw)
{
    size_t row = c->x.row / (size_t)c->x.lanes * VL, in = (size_t)c->x.lanes;

    for (size_t o = 0; o < (size_t)c->y.lanes; o++, dw += 9 * in) {
        const uint32_t *where = w->where + o * w->room;
        const float *gradient = w->gradient + o * w->room;
        vf sum[9];
        for (size_t t = 0; t < 9; t++)
            sum[t] = load(dw + t * in);
        for (uint32_t i = 0; i < w->count[o]; i++)
            add_nine(sum, gradient[i], plane + where[i], row);
        for (size_t t = 0; t < 9; t++)
            store(dw + t * in, sum[t]);
    }
}

/* The first of the channels whose bits are set; it is taken out. */
INLINE size_t take_channel(uint64_t *left)
{
    size_t o = (size_t)__builtin_ctzll(*left);

    *left &= *left - 1;
    return o;
}

/*
 * Adds the winners of the four pixels of a tile to their patches of dx, which together are 4x4
 * pixels: to `rows` of their rows from `first` on. These are loaded and stored once where there are
 * registers enough; elsewhere all of them are meant, and go pixel by pixel.
 */
INLINE void add_tile(const size_t first, const size_t rows, const uint64_t *won, size_t words,
                     const float *gradient, const float *weights, float *dx, size_t row)
{
#if REGISTERS == 32
    vf sum[4][4];

    dx += first * row;
    UNROLL
    for (size_t i = 0; i < 4 * rows; i++)
        sum[i / 4][i % 4] = load(dx + i / 4 * row + i % 4 * VL);
    UNROLL
    for (size_t q = 0; q < 4; q++)
        for (size_t word = 0; word < words; word++)
            for (uint64_t left = won[q * words + word]; left;) {
                size_t o = word * WORD + take_channel(&left);
                const float *from = weights + o * (9 * VL);
                vf g = splat(gradient[o]);
                __asm__("" : "+r"(from)); /* see add_nine */
                UNROLL
                for (size_t t = 0; t < 9; t++) {
                    size_t i = q / 2 + t / 3 - first, j = q % 2 + t % 3;
                    if (i < rows)
                        sum[i][j] = multiply_add(g, load(from + t * VL), sum[i][j]);
                }
            }
    UNROLL
    for (size_t i = 0; i < 4 * rows; i++)
        store(dx + i / 4 * row + i % 4 * VL, sum[i / 4][i % 4]);
#else
    (void)first, (void)rows;
    for (size_t q = 0; q < 4; q++) {
        float *to = dx + q / 2 * row + q % 2 * VL;
        vf sum[9];
        for (size_t t = 0; t < 9; t++)
            sum[t] = load(to + t / 3 * row + t % 3 * VL);
        for (size_t word = 0; word < words; word++)
            for (uint64_t left = won[q * words + word]; left;) {
                size_t o = word * WORD + take_channel(&left);
                add_nine(sum, gradient[o], weights + o * (9 * VL), 3 * VL);
            }
        for (size_t t = 0; t < 9; t++)
            store(to + t / 3 * row + t % 3 * VL, sum[t]);
    }
#endif
}

/* The same for all tiles of a sample. */
INLINE void add_tiles(const size_t first, const size_t rows, const struct conv *c,
                      const struct winners *w, const float *weights, float *plane)
{
    size_t row = c->x.row / (size_t)c->x.lanes * VL, words = winners_words(c);
    const uint64_t *won = w->won;
    const float *gradient = w->won_gradient;

    for (int i = 0; i < c->y.h; i++)
        for (int j = 0; j < c->y.w; j++, won += 4 * words, gradient += c->y.lanes)
            add_tile(first, rows, won, words, gradient, weights,
                     plane + (size_t)(2 * i) * row + (size_t)(2 * j) * VL, row);
}

/*
 * dx for VL input channels. The plane's border is written to as well: nobody reads it, and no edge
 * needs a case of its own. A tile's upper two rows are the lower two of those above it, to which
 * these add first: so all lower halves may go before all upper ones, and the sums are the same.
 */
APART void by_input(const struct conv *c, const struct winners *w, const float *weights,
                    float *plane)
{
    memset(plane, 0, plane_floats(c) * sizeof *plane);
    if (REGISTERS < 32 || 9 * VL * (size_t)c->y.lanes <= WEIGHTS_FLOATS) {
        add_tiles(0, 4, c, w, weights, plane);
    } else {
        add_tiles(2, 2, c, w, weights, plane);
        add_tiles(0, 2, c, w, weights, plane);
    }
}

/* A pool's output of sample i. */
static struct pooled pooled_of(const struct conv *c, const struct samples *s, int i)
{
    return (struct pooled){c, s->y + (size_t)i * s->y_stride, s->dy + (size_t)i * s->y_stride,
                           s->kept + (size_t)i * s->kept_stride};
}

/* Adds n samples' gradients, from `first` on, to dw and db. */
static void add_gradients(const struct conv *c, const struct samples *s, int first, int n,
                          const struct work *w, float *dw, float *db)
{
    size_t lanes = (size_t)c->x.lanes, plane = plane_floats(c);

    memset(w->winners.count, 0, (size_t)c->y.lanes * sizeof *w->winners.count);
    for (int i = 0; i < n; i++) {
        struct pooled p = pooled_of(c, s, first + i);
        winners_by_channel(&p, &w->winners, (size_t)i * plane, db);
    }
    for (size_t k = 0; k < lanes && dw; k += VL) {
        for (int i = 0; i < n; i++)
            take_plane(&c->x, s->x + (size_t)(first + i) * s->x_stride, k,
                       w->plane + (size_t)i * plane);
        by_weights(c, &w->winners, w->plane, dw + k);
    }
}

/* dx of sample i. */
static void bring_back(const struct conv *c, const struct samples *s, int i, const float *packed,
                       const struct work *w)
{
    struct pooled p = pooled_of(c, s, i);

    winners_by_pixel(&p, &w->winners);
    for (size_t k = 0; k < (size_t)c->x.lanes; k += VL) {
        by_input(c, &w->winners, packed + k * 9 * (size_t)c->y.lanes, w->plane);
        give_plane(&c->x, w->plane, k, s->dx + (size_t)i * s->x_stride);
    }
}

void VARIANT(sparse_backward)(const struct conv *c, const float *packed, const struct samples *s,
                              float *dw, float *db, float *scratch)
{
    struct work w = place(c, scratch);
    int most = together(c);

    for (int first = 0; first < s->n && (dw || db); first += most)
        add_gradients(c, s, first, s->n - first < most ? s->n - first : most, &w, dw, db);
    for (int i = 0; i < s->n && s->dx; i++)
        bring_back(c, s, i, packed, &w);
}
