/*
 * Group normalization (Wu and He, ECCV 2018) of N neighbouring channels, with the ReLU that follows
 * it, as torch.nn.GroupNorm has it: eps 1e-5, a weight w and a bias b for each channel.
 *
 * With m the mean and r = 1 / sqrt(v + eps) of a sample's group, v the biased variance, and E the
 * mean over the group:
 *
 *     y  = (x - m) r w + b
 *     dx = r (w dy - E[w dy] - (x - m) r^2 E[w dy (x - m)])
 */
#include "net/layer.h"
#include "net/net.h"
#include "net/plan.h"

#include <math.h>
#include <string.h>

enum { GN_WEIGHT, GN_BIAS };

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
    struct slot one = {.ndim = 1, .shape = {(uint64_t)l->out.c}, .floats = (size_t)l->out_lanes};

    s[GN_WEIGHT] = s[GN_BIAS] = one;
    s[GN_WEIGHT].name = "weight";
    s[GN_WEIGHT].start = SLOT_ONE;
    s[GN_BIAS].name = "bias";
    return 2;
}

#define gn_lower layer_lower_with_relu

#else

#include "base/simd.h"

#endif

static const double gn_eps = 1e-5;

/* ---- memory: rows of y.lanes floats, of which the lanes without a channel are zero ---- */

enum { MEAN, RSTD, SCALE, SUM, SUM_BY_X, SHIFT, SLOPE, ROWS };

/* From forward to backward the rows of MEAN and RSTD. */
static size_t gn_kept(const struct operation *o)
{
    return 2 * (size_t)o->y.lanes * sizeof(float);
}

static size_t gn_scratch(const struct operation *o)
{
    return ROWS * (size_t)o->y.lanes;
}

#define gn_packed operation_none
#define gn_pack operation_pack_nothing

static float *row_of(const struct operation *o, float *rows, int row)
{
    return rows + (size_t)row * (size_t)o->y.lanes;
}

/* One sample's tensors. */
struct sample {
    const float *x, *y, *dy;
};

/* Where a row of pixels begins. */
static size_t at_x(const struct operation *o, int i)
{
    return o->x.first + (size_t)i * o->x.row;
}

static size_t at_y(const struct operation *o, int i)
{
    return o->y.first + (size_t)i * o->y.row;
}

/* ---- channel by channel, for those from `from` on; the image's do not fill a vector ---- */

/* dy, or nothing where the ReLU let nothing through. */
#define THROUGH(O, S, AT) ((O)->relu && !((S)->y[AT] > 0) ? 0 : (S)->dy[AT])

/* The sums of x; or of (x - mean)^2. */
static void sum_lanes_of_x(const struct operation *o, const struct sample *s, size_t from,
                           int squares, const float *mean, float *sum)
{
    size_t lanes = (size_t)o->x.lanes;

    for (size_t c = from; c < (size_t)o->layer->out.c; c++) {
        double all = 0;
        for (int i = 0; i < o->x.h; i++)
            for (size_t j = 0; j < (size_t)o->x.w; j++) {
                double d = s->x[at_x(o, i) + j * lanes + c];
                all += squares ? (d - mean[c]) * (d - mean[c]) : d;
            }
        sum[c] = (float)all;
    }
}

/* Those of dy and of dy (x - mean). */
static void sum_lanes_of_dy(const struct operation *o, const struct sample *s, size_t from,
                            const float *mean, float *sum, float *by_x)
{
    for (size_t c = from; c < (size_t)o->layer->out.c; c++) {
        double all = 0, product = 0;
        for (int i = 0; i < o->x.h; i++)
            for (size_t j = 0; j < (size_t)o->x.w; j++) {
                double by = THROUGH(o, s, at_y(o, i) + j * (size_t)o->y.lanes + c);
                all += by;
                product += by * (s->x[at_x(o, i) + j * (size_t)o->x.lanes + c] - mean[c]);
            }
        sum[c] = (float)all;
        by_x[c] = (float)product;
    }
}

static void set_lanes(const struct operation *o, const float *x, size_t from, float *rows,
                      const float *bias, float *y)
{
    const float *mean = row_of(o, rows, MEAN), *scale = row_of(o, rows, SCALE);

    for (int i = 0; i < o->x.h; i++)
        for (size_t j = 0; j < (size_t)o->x.w; j++)
            for (size_t c = from; c < (size_t)o->layer->out.c; c++) {
                float d = x[at_x(o, i) + j * (size_t)o->x.lanes + c] - mean[c];
                float v = d * scale[c] + bias[c];
                y[at_y(o, i) + j * (size_t)o->y.lanes + c] = o->relu && v <= 0 ? 0 : v;
            }
}

/* ---- and all of them: plainly, or by vectors first ---- */

#ifndef KERNEL_VARIANT

#define sum_x(O, S, SQUARES, MEAN, SUM) sum_lanes_of_x(O, S, 0, SQUARES, MEAN, SUM)
#define sum_dy(O, S, MEAN, SUM, BY_X) sum_lanes_of_dy(O, S, 0, MEAN, SUM, BY_X)
#define set_y(O, X, ROWS, BIAS, Y) set_lanes(O, X, 0, ROWS, BIAS, Y)

static void set_dx(const struct operation *o, const struct sample *s, float *rows, float *dx)
{
    const float *mean = row_of(o, rows, MEAN), *scale = row_of(o, rows, SCALE);
    const float *shift = row_of(o, rows, SHIFT), *slope = row_of(o, rows, SLOPE);

    for (int i = 0; i < o->x.h; i++)
        for (size_t j = 0; j < (size_t)o->x.w; j++)
            for (size_t c = 0; c < (size_t)o->layer->out.c; c++) {
                size_t x = at_x(o, i) + j * (size_t)o->x.lanes + c;
                float by = THROUGH(o, s, at_y(o, i) + j * (size_t)o->y.lanes + c);
                dx[x] = by * scale[c] - shift[c] - (s->x[x] - mean[c]) * slope[c];
            }
}

#else

/* A row's sum is taken first, so that in large images nothing is lost. */
static void sum_x(const struct operation *o, const struct sample *s, int squares, const float *mean,
                  float *sum)
{
    size_t c = 0, lanes = (size_t)o->x.lanes;

    for (; c + VL <= lanes; c += VL) {
        vf all = {0}, less = squares ? load(mean + c) : (vf){0};
        for (int i = 0; i < o->x.h; i++) {
            const float *x = s->x + at_x(o, i) + c;
            vf row = {0};
            for (size_t j = 0; j < (size_t)o->x.w; j++) {
                vf d = load(x + j * lanes) - less;
                row = squares ? multiply_add(d, d, row) : row + d;
            }
            all += row;
        }
        store(sum + c, all);
    }
    sum_lanes_of_x(o, s, c, squares, mean, sum);
}

static void sum_dy(const struct operation *o, const struct sample *s, const float *mean, float *sum,
                   float *by_x)
{
    size_t c = 0, lanes = (size_t)o->x.lanes;

    for (; c + VL <= lanes; c += VL) {
        vf all = {0}, products = {0}, less = load(mean + c);
        for (int i = 0; i < o->x.h; i++) {
            const float *x = s->x + at_x(o, i) + c, *y = s->y + at_y(o, i) + c;
            const float *dy = s->dy + at_y(o, i) + c;
            vf row = {0}, product = {0};
            for (size_t j = 0; j < (size_t)o->x.w; j++) {
                vf by = load(dy + j * lanes);
                if (o->relu)
                    by = pick_greater(load(y + j * lanes), (vf){0}, by, (vf){0});
                row += by;
                product = multiply_add(by, load(x + j * lanes) - less, product);
            }
            all += row;
            products += product;
        }
        store(sum + c, all);
        store(by_x + c, products);
    }
    sum_lanes_of_dy(o, s, c, mean, sum, by_x);
}

static void set_y(const struct operation *o, const float *x, float *rows, const float *bias,
                  float *y)
{
    size_t c = 0, lanes = (size_t)o->x.lanes;

    for (; c + VL <= lanes; c += VL) {
        vf mean = load(row_of(o, rows, MEAN) + c), scale = load(row_of(o, rows, SCALE) + c);
        vf shift = load(bias + c);
        for (int i = 0; i < o->x.h; i++)
            for (size_t j = 0; j < (size_t)o->x.w; j++) {
                vf d = load(x + at_x(o, i) + j * lanes + c) - mean;
                vf v = multiply_add(d, scale, shift);
                store(y + at_y(o, i) + j * lanes + c, o->relu ? relu(v) : v);
            }
    }
    set_lanes(o, x, c, rows, bias, y);
}

/* x is not the image: it has whole vectors. */
static void set_dx(const struct operation *o, const struct sample *s, float *rows, float *dx)
{
    size_t lanes = (size_t)o->x.lanes;

    for (size_t c = 0; c < lanes; c += VL) {
        vf mean = load(row_of(o, rows, MEAN) + c), scale = load(row_of(o, rows, SCALE) + c);
        vf shift = load(row_of(o, rows, SHIFT) + c), slope = load(row_of(o, rows, SLOPE) + c);
        for (int i = 0; i < o->x.h; i++)
            for (size_t j = 0; j < (size_t)o->x.w; j++) {
                size_t x = at_x(o, i) + j * lanes + c, y = at_y(o, i) + j * lanes + c;
                vf by = load(s->dy + y);
                if (o->relu)
                    by = pick_greater(load(s->y + y), (vf){0}, by, (vf){0});
                by = multiply_add(by, scale, -shift);
                store(dx + x, multiply_add(mean - load(s->x + x), slope, by));
            }
    }
}

#endif

/* ---- groups ---- */

/* The sum of a group's channels, each times its weight if there are any. */
static double sum_group(const float *sum, const float *weight, size_t from, size_t n)
{
    double all = 0;

    for (size_t c = from; c < from + n; c++)
        all += weight ? (double)weight[c] * sum[c] : sum[c];
    return all;
}

static double values_in(const struct operation *o)
{
    return (double)o->layer->width * o->x.h * o->x.w;
}

static void set_group(float *row, size_t from, size_t n, double value)
{
    for (size_t c = from; c < from + n; c++)
        row[c] = (float)value;
}

/* The rows MEAN and RSTD of one sample. */
static void find_statistics(const struct operation *o, const struct sample *s, float *rows)
{
    size_t n = (size_t)o->layer->width, channels = (size_t)o->layer->out.c;
    float *sum = row_of(o, rows, SUM), *mean = row_of(o, rows, MEAN);

    memset(rows, 0, 2 * (size_t)o->y.lanes * sizeof *rows);
    sum_x(o, s, 0, mean, sum);
    for (size_t g = 0; g < channels; g += n)
        set_group(mean, g, n, sum_group(sum, NULL, g, n) / values_in(o));
    sum_x(o, s, 1, mean, sum);
    for (size_t g = 0; g < channels; g += n)
        set_group(row_of(o, rows, RSTD), g, n,
                  1 / sqrt(sum_group(sum, NULL, g, n) / values_in(o) + gn_eps));
}

/* The row SCALE: w r. */
static void set_scale(const struct operation *o, const float *weight, float *rows)
{
    size_t channels = (size_t)o->layer->out.c;

    memset(row_of(o, rows, SCALE), 0, (size_t)o->y.lanes * sizeof *rows);
    for (size_t c = 0; c < channels; c++)
        row_of(o, rows, SCALE)[c] = weight[c] * row_of(o, rows, RSTD)[c];
}

/* The rows SHIFT and SLOPE: r E[w dy] and r^3 E[w dy (x - m)]. */
static void set_back(const struct operation *o, const float *weight, float *rows)
{
    size_t n = (size_t)o->layer->width, channels = (size_t)o->layer->out.c;

    memset(row_of(o, rows, SHIFT), 0, 2 * (size_t)o->y.lanes * sizeof *rows);
    for (size_t g = 0; g < channels; g += n) {
        double r = row_of(o, rows, RSTD)[g];
        set_group(row_of(o, rows, SHIFT), g, n,
                  r * sum_group(row_of(o, rows, SUM), weight, g, n) / values_in(o));
        set_group(row_of(o, rows, SLOPE), g, n,
                  r * r * r * sum_group(row_of(o, rows, SUM_BY_X), weight, g, n) / values_in(o));
    }
}

/* ---- the operation ---- */

static void gn_forward(const struct operation *o, const struct pass *p)
{
    float *rows = p->scratch;

    for (size_t n = 0; n < (size_t)p->s.n; n++) {
        struct sample s = {p->s.x + n * p->s.x_stride, NULL, NULL};
        find_statistics(o, &s, rows);
        set_scale(o, pass_slot(o, p, GN_WEIGHT), rows);
        set_y(o, s.x, rows, pass_slot(o, p, GN_BIAS), p->s.y + n * p->s.y_stride);
        memcpy(p->s.kept + n * p->s.kept_stride, rows, gn_kept(o));
    }
}

static void gn_backward(const struct operation *o, const struct pass *p)
{
    float *rows = p->scratch, *mean = row_of(o, rows, MEAN), *rstd = row_of(o, rows, RSTD);
    float *sum = row_of(o, rows, SUM), *by_x = row_of(o, rows, SUM_BY_X);
    float *dw = pass_gradient(o, p, GN_WEIGHT), *db = pass_gradient(o, p, GN_BIAS);

    for (size_t n = 0; n < (size_t)p->s.n; n++) {
        struct sample s = {p->s.x + n * p->s.x_stride, p->s.y + n * p->s.y_stride,
                           p->s.dy + n * p->s.y_stride};
        memcpy(rows, p->s.kept + n * p->s.kept_stride, gn_kept(o));
        sum_dy(o, &s, mean, sum, by_x);
        for (size_t c = 0; dw && c < (size_t)o->layer->out.c; c++) {
            dw[c] += by_x[c] * rstd[c];
            db[c] += sum[c];
        }
        if (!p->s.dx)
            continue;
        set_scale(o, pass_slot(o, p, GN_WEIGHT), rows);
        set_back(o, pass_slot(o, p, GN_WEIGHT), rows);
        set_dx(o, &s, rows, p->s.dx + n * p->s.x_stride);
    }
}

DEFINE_LAYER(gn);
