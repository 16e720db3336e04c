/*
 * Group normalization (Wu and He, 2018), with the ReLU that follows it: torch.nn.GroupNorm with an
 * eps of 1e-5. Channels in a row make a group; each is normalized by the mean m and the biased
 * variance v of all values of its group in one sample. It does the same in training and in
 * evaluation.
 *
 * With w and b the weight and the bias of a channel, s = 1 / sqrt(v + eps), and E the mean over the
 * group:
 *
 *     y  = (x - m) s w + b
 *     dx = s (w dy - E[w dy] - (x - m) s^2 E[w dy (x - m)])
 */
#include "net/layer.h"
#include "net/net.h"
#include "net/plan.h"

#include <math.h>
#include <string.h>

enum { GN_WEIGHT, GN_BIAS };

static const double gn_eps = 1e-5;

#ifndef KERNEL_VARIANT

static const char gn_token[] = "gn", gn_form[] = "gnN";
static const char gn_about[] = "group normalization of N channels each";
static const char gn_torch[] = "nn.GroupNorm(channels // n, channels)";
static const char gn_examples[] = "gn1\n"
                                  "c6 gn3 r p c4 r gn2 d6 gn3 r\n"
                                  "c20 gn5 c3 p gn3 r d4";
enum { gn_traits = 0 };
#define gn_parse layer_parse_width
#define gn_place layer_place_vector
#define gn_multiply_adds layer_multiply_adds_none

static int gn_shape(struct layer *l, struct error *e)
{
    if (l->in.c % l->width != 0)
        return error_set(e, "net: %s: %d channels are not whole groups of %d", l->name, l->in.c,
                         l->width);
    if (l->width == 1 && l->in.h == 1 && l->in.w == 1)
        return error_set(e, "net: %s: groups of a single value", l->name);
    return 0;
}

static int gn_slots(const struct layer *l, struct slot *s)
{
    static const char *const names[] = {"weight", "bias"};

    for (int k = GN_WEIGHT; k <= GN_BIAS; k++)
        s[k] = (struct slot){.name = names[k],
                             .ndim = 1,
                             .shape = {(uint64_t)l->out.c},
                             .floats = (size_t)l->out_lanes,
                             .start = k == GN_WEIGHT ? SLOT_ONE : SLOT_ZERO};
    return GN_BIAS + 1;
}

#define gn_lower layer_lower_with_relu

#endif

/* ---- memory ---- */

/* Rows of y.lanes floats: what a sample keeps, and scratch, of which one row of pixels comes last.
 * What belongs to a group stands there for each of its channels. */
enum { MEAN, RSTD, SHIFT, KEPT };
enum { SUM, SECOND, SCALE, OFFSET, PROJECTION, ROWS };

#ifndef KERNEL_VARIANT
#define gn_way_back operation_reads_x_relu
#else
#define gn_way_back operation_reads_x
#endif

static size_t gn_kept(const struct operation *o)
{
    return KEPT * (size_t)o->y.lanes * sizeof(float);
}

static size_t gn_scratch(const struct operation *o)
{
    return (ROWS + (size_t)o->x.w) * (size_t)o->y.lanes;
}

#define gn_packed operation_none
#define gn_pack operation_pack_nothing

/* One sample: its tensors from their first pixel on, the layer's parameters and their gradients,
 * and the rows. */
struct sample {
    const struct operation *o;
    const float *x, *dy, *w, *b;
    float *y, *dx, *dw, *db;
    float *mean, *rstd, *shift, *sum, *second, *scale, *offset, *projection, *copy;
};

static struct sample sample_of(const struct operation *o, const struct pass *p, int i)
{
    size_t x = (size_t)i * p->s.x_stride + o->x.first, y = (size_t)i * p->s.y_stride + o->y.first;
    size_t lanes = (size_t)o->y.lanes;
    float *kept = (float *)(void *)(p->s.kept + (size_t)i * p->s.kept_stride);

    return (struct sample){.o = o,
                           .x = p->s.x + x,
                           .dy = p->s.dy + y,
                           .w = pass_slot(o, p, GN_WEIGHT),
                           .b = pass_slot(o, p, GN_BIAS),
                           .y = p->s.y + y,
                           .dx = p->s.dx ? p->s.dx + x : NULL,
                           .dw = pass_gradient(o, p, GN_WEIGHT),
                           .db = pass_gradient(o, p, GN_BIAS),
                           .mean = kept + MEAN * lanes,
                           .rstd = kept + RSTD * lanes,
                           .shift = kept + SHIFT * lanes,
                           .sum = p->scratch + SUM * lanes,
                           .second = p->scratch + SECOND * lanes,
                           .scale = p->scratch + SCALE * lanes,
                           .offset = p->scratch + OFFSET * lanes,
                           .projection = p->scratch + PROJECTION * lanes,
                           .copy = p->scratch + ROWS * lanes};
}

/* Values of a group. */
static double values_of(const struct operation *o)
{
    return (double)o->x.h * o->x.w * o->layer->width;
}

#ifndef KERNEL_VARIANT

/* ---- plainly: channels [from, from + width) of a sample ---- */

static size_t pixel(const struct layout *l, int i, int j)
{
    return (size_t)i * l->row + (size_t)j * (size_t)l->lanes;
}

/* The sum of x, or of (x - *mean)^2. */
static double sum_of(const struct sample *t, int from, const double *mean)
{
    const struct operation *o = t->o;
    double sum = 0;

    for (int i = 0; i < o->x.h; i++)
        for (int j = 0; j < o->x.w; j++)
            for (int c = from; c < from + o->layer->width; c++) {
                double v = t->x[pixel(&o->x, i, j) + (size_t)c];
                sum += mean ? (v - *mean) * (v - *mean) : v;
            }
    return sum;
}

static void forward_group(const struct sample *t, int from)
{
    const struct operation *o = t->o;
    double mean = sum_of(t, from, NULL) / values_of(o);
    double rstd = 1 / sqrt(sum_of(t, from, &mean) / values_of(o) + gn_eps);

    for (int c = from; c < from + o->layer->width; c++) {
        t->mean[c] = (float)mean;
        t->rstd[c] = (float)rstd;
        for (int i = 0; i < o->x.h; i++)
            for (int j = 0; j < o->x.w; j++) {
                double d = t->x[pixel(&o->x, i, j) + (size_t)c] - mean;
                double y = d * rstd * t->w[c] + t->b[c];
                t->y[pixel(&o->y, i, j) + (size_t)c] = o->relu && y <= 0 ? 0 : (float)y;
            }
    }
}

/* dy, or nothing where the ReLU let nothing through. */
static double dy_at(const struct sample *t, int i, int j, int c)
{
    size_t at = pixel(&t->o->y, i, j) + (size_t)c;

    return t->o->relu && !(t->y[at] > 0) ? 0 : t->dy[at];
}

/* Adds one channel's share of the means of w dy and w dy (x - m), and its gradients. */
static void add_means(const struct sample *t, int c, double *all, double *products)
{
    const struct operation *o = t->o;
    double sum = 0, by = 0;

    for (int i = 0; i < o->x.h; i++)
        for (int j = 0; j < o->x.w; j++) {
            double dy = dy_at(t, i, j, c);
            sum += dy;
            by += dy * (t->x[pixel(&o->x, i, j) + (size_t)c] - t->mean[c]);
        }
    if (t->dw) {
        t->dw[c] += (float)(by * t->rstd[c]);
        t->db[c] += (float)sum;
    }
    *all += t->w[c] * sum / values_of(o);
    *products += t->w[c] * by / values_of(o);
}

static void backward_group(const struct sample *t, int from)
{
    const struct operation *o = t->o;
    double all = 0, products = 0, rstd = t->rstd[from];
    int end = from + o->layer->width;

    for (int c = from; c < end; c++)
        add_means(t, c, &all, &products);
    for (int c = from; c < end && t->dx; c++)
        for (int i = 0; i < o->x.h; i++)
            for (int j = 0; j < o->x.w; j++) {
                size_t at = pixel(&o->x, i, j) + (size_t)c;
                double x = (t->x[at] - t->mean[c]) * rstd * rstd * products;
                t->dx[at] = (float)(rstd * (t->w[c] * dy_at(t, i, j, c) - all - x));
            }
}

static void forward_sample(const struct sample *t)
{
    for (int c = 0; c < t->o->layer->out.c; c += t->o->layer->width)
        forward_group(t, c);
}

static void backward_sample(const struct sample *t)
{
    for (int c = 0; c < t->o->layer->out.c; c += t->o->layer->width)
        backward_group(t, c);
}

#else

/* ---- fast ---- */

#include "net/layers/block.h"

/* Of an image, whose pixels have no padding, a row with y.lanes floats a pixel. */
static const float *padded_row(const struct sample *t, const float *x)
{
    size_t from = (size_t)t->o->x.lanes, to = (size_t)t->o->y.lanes, w = (size_t)t->o->x.w;

    memset(t->copy, 0, w * to * sizeof *t->copy);
    for (size_t j = 0; j < w; j++)
        memcpy(t->copy + j * to, x + j * from, from * sizeof *t->copy);
    return t->copy;
}

INLINE const float *x_row(const struct sample *t, int i)
{
    const float *x = t->x + (size_t)i * t->o->x.row;

    return t->o->x.lanes == t->o->y.lanes ? x : padded_row(t, x);
}

/* Floats from a pixel to the next, and of a row of pixels. */
struct steps {
    size_t pixel, row;
};

INLINE struct steps steps_of(const struct operation *o)
{
    return (struct steps){(size_t)o->y.lanes, (size_t)o->x.w * (size_t)o->y.lanes};
}

/* Where there are no channels, factors are zero, and so is what they make. */
static void clear_padding(const struct sample *t)
{
    for (int c = t->o->layer->out.c; c < t->o->y.lanes; c++)
        t->mean[c] = t->scale[c] = t->shift[c] = t->offset[c] = t->projection[c] = 0;
}

/* Adds d = x - k and d^2 of one pixel. */
INLINE void add_pixel(const float *x, const struct block *k, struct block *sum,
                      struct block *squares)
{
    UNROLL
    for (int i = 0; i < BLOCK; i++) {
        vf d = load(x + i * VL) - k->v[i];
        sum->v[i] += d;
        squares->v[i] = multiply_add(d, d, squares->v[i]);
    }
}

/* Their sums over the first so many rows, for each channel from c on, where k is in `mean`. Every
 * row and every other of its pixels has its own sum first, so that few floats are added in a row.
 */
static void sum_block(const struct sample *t, int rows, size_t c)
{
    struct block k = load_block(t->mean + c), none = {{{0}}}, sum = none, squares = none;
    struct steps step = steps_of(t->o);

    for (int i = 0; i < rows; i++) {
        const float *x = x_row(t, i) + c;
        struct block s[2] = {none, none}, q[2] = {none, none};
        size_t j = 0;
        for (; j + step.pixel < step.row; j += 2 * step.pixel) {
            add_pixel(x + j, &k, &s[0], &q[0]);
            add_pixel(x + j + step.pixel, &k, &s[1], &q[1]);
        }
        if (j < step.row)
            add_pixel(x + j, &k, &s[0], &q[0]);
        add_block(&s[0], &s[1]);
        add_block(&q[0], &q[1]);
        add_block(&sum, &s[0]);
        add_block(&squares, &q[0]);
    }
    store_block(t->sum + c, &sum);
    store_block(t->second + c, &squares);
}

/* Of a group. */
static double total(const float *row, int from, int width)
{
    double sum = 0;

    for (int c = from; c < from + width; c++)
        sum += row[c];
    return sum;
}

/* Mean and deviation, and from them y = (x - mean) scale + shift. */
static void settle_group(const struct sample *t, int from, int width)
{
    double n = values_of(t->o), off = total(t->sum, from, width) / n;
    double var = total(t->second, from, width) / n - off * off;
    double mean = t->mean[from] + off, rstd = 1 / sqrt((var > 0 ? var : 0) + gn_eps);
    float rounded = (float)mean, rest = (float)(mean - rounded);

    for (int c = from; c < from + width; c++) {
        t->mean[c] = rounded;
        t->rstd[c] = (float)rstd;
        t->scale[c] = t->w[c] * (float)rstd;
        t->shift[c] = t->b[c] - t->scale[c] * rest;
    }
}

/*
 * Sums begin at k, the mean of a group in the first of h rows: (mean - k)^2 is at most h times the
 * variance (by Cauchy and Schwarz), so that little is lost in floats, however large the mean is.
 */
static void find_moments(const struct sample *t)
{
    int width = t->o->layer->width, channels = t->o->layer->out.c;
    size_t lanes = (size_t)t->o->y.lanes;

    memset(t->mean, 0, lanes * sizeof *t->mean);
    for (size_t c = 0; c < lanes; c += NET_LANES)
        sum_block(t, 1, c);
    for (int from = 0; from < channels; from += width) {
        double k = total(t->sum, from, width) / ((double)t->o->x.w * width);
        for (int c = from; c < from + width; c++)
            t->mean[c] = (float)k;
    }
    for (size_t c = 0; c < lanes; c += NET_LANES)
        sum_block(t, t->o->x.h, c);
    for (int from = 0; from < channels; from += width)
        settle_group(t, from, width);
}

INLINE void forward_block(const int with_relu, const struct sample *t, size_t c)
{
    struct block mean = load_block(t->mean + c), scale = load_block(t->scale + c);
    struct block shift = load_block(t->shift + c);
    struct steps step = steps_of(t->o);

    for (int i = 0; i < t->o->x.h; i++) {
        const float *x = x_row(t, i) + c;
        float *y = t->y + (size_t)i * t->o->y.row + c;
        for (size_t j = 0; j < step.row; j += step.pixel) {
            UNROLL
            for (size_t b = 0; b < BLOCK; b++) {
                vf d = load(x + j + b * VL) - mean.v[b];
                vf to = multiply_add(d, scale.v[b], shift.v[b]);
                store(y + j + b * VL, with_relu ? relu(to) : to);
            }
        }
    }
}

static void forward_sample(const struct sample *t)
{
    clear_padding(t);
    find_moments(t);
    for (size_t c = 0; c < (size_t)t->o->y.lanes; c += NET_LANES)
        t->o->relu ? forward_block(1, t, c) : forward_block(0, t, c);
}

/* dy, or nothing where the ReLU let nothing through. That is asked of d = x - mean: where y was,
 * there may be its gradient. */
INLINE vf through(const int with_relu, vf d, vf scale, vf shift, const float *dy)
{
    return with_relu ? (vf)((vi)(multiply_add(d, scale, shift) > splat(0)) & (vi)load(dy))
                     : load(dy);
}

/* Sums of dy and of dy (x - mean), row by row first. */
INLINE void sum_back(const int with_relu, const struct sample *t, size_t c)
{
    struct block mean = load_block(t->mean + c), none = {{{0}}}, sum = none, products = none;
    struct block scale = load_block(t->scale + c), shift = load_block(t->shift + c);
    struct steps step = steps_of(t->o);

    for (int i = 0; i < t->o->x.h; i++) {
        const float *x = x_row(t, i) + c, *dy = t->dy + (size_t)i * t->o->y.row + c;
        struct block s = none, q = none;
        for (size_t j = 0; j < step.row; j += step.pixel) {
            UNROLL
            for (size_t b = 0; b < BLOCK; b++) {
                size_t at = j + b * VL;
                vf d = load(x + at) - mean.v[b];
                vf by = through(with_relu, d, scale.v[b], shift.v[b], dy + at);
                s.v[b] += by;
                q.v[b] = multiply_add(by, d, q.v[b]);
            }
        }
        add_block(&sum, &s);
        add_block(&products, &q);
    }
    store_block(t->sum + c, &sum);
    store_block(t->second + c, &products);
}

/* dx = scale dy + projection (x - mean) + offset. */
static void settle_back(const struct sample *t, int from, int width)
{
    double s = t->rstd[from], n = values_of(t->o), all = 0, products = 0;

    for (int c = from; c < from + width; c++) {
        all += (double)t->w[c] * t->sum[c];
        products += (double)t->w[c] * t->second[c];
    }
    for (int c = from; c < from + width; c++) {
        t->offset[c] = (float)(-s * all / n);
        t->projection[c] = (float)(-s * s * s * products / n);
    }
}

INLINE void backward_block(const int with_relu, const struct sample *t, size_t c)
{
    struct block mean = load_block(t->mean + c), scale = load_block(t->scale + c);
    struct block shift = load_block(t->shift + c), offset = load_block(t->offset + c);
    struct block projection = load_block(t->projection + c);
    struct steps step = steps_of(t->o);

    for (int i = 0; i < t->o->x.h; i++) {
        size_t from = (size_t)i * t->o->x.row + c;
        const float *x = t->x + from, *dy = t->dy + (size_t)i * t->o->y.row + c;
        float *dx = t->dx + from;
        for (size_t j = 0; j < step.row; j += step.pixel) {
            UNROLL
            for (size_t b = 0; b < BLOCK; b++) {
                size_t at = j + b * VL;
                vf d = load(x + at) - mean.v[b];
                vf by = through(with_relu, d, scale.v[b], shift.v[b], dy + at);
                vf rest = multiply_add(d, projection.v[b], offset.v[b]);
                store(dx + at, multiply_add(by, scale.v[b], rest));
            }
        }
    }
}

static void backward_sample(const struct sample *t)
{
    const struct operation *o = t->o;

    clear_padding(t);
    for (int c = 0; c < o->layer->out.c; c++)
        t->scale[c] = t->w[c] * t->rstd[c];
    for (size_t c = 0; c < (size_t)o->y.lanes; c += NET_LANES)
        o->relu ? sum_back(1, t, c) : sum_back(0, t, c);
    for (int c = 0; c < o->layer->out.c && t->dw; c++) {
        t->dw[c] += t->second[c] * t->rstd[c];
        t->db[c] += t->sum[c];
    }
    if (!t->dx) /* of an image, for one, whose rows have fewer floats */
        return;
    for (int c = 0; c < o->layer->out.c; c += o->layer->width)
        settle_back(t, c, o->layer->width);
    for (size_t c = 0; c < (size_t)o->y.lanes; c += NET_LANES)
        o->relu ? backward_block(1, t, c) : backward_block(0, t, c);
}

#endif

static void gn_forward(const struct operation *o, const struct pass *p)
{
    for (int i = 0; i < p->s.n; i++) {
        struct sample t = sample_of(o, p, i);
        forward_sample(&t);
    }
}

static void gn_backward(const struct operation *o, const struct pass *p)
{
    for (int i = 0; i < p->s.n; i++) {
        struct sample t = sample_of(o, p, i);
        backward_sample(&t);
    }
}

DEFINE_LAYER(gn);
