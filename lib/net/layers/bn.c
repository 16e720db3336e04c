/*
 * Batch normalization (Ioffe and Szegedy, 2015) of each channel, with the ReLU that follows it, as
 * torch.nn.BatchNorm2d has it: momentum 0.1, eps 1e-5; in training by the mean and the biased
 * variance of the whole batch, whose unbiased variance the running one follows; in evaluation, and
 * where the layer is frozen, by the running ones, which then stay.
 *
 * With w and b the weight and the bias, m and v mean and variance, s = 1 / sqrt(v + eps), and E the
 * mean over the batch (section 3 of the paper, put together):
 *
 *     y  = (x - m) s w + b
 *     dx = s w (dy - E[dy] - (x - m) s^2 E[dy (x - m)])
 */
#include "net/layer.h"
#include "net/net.h"
#include "net/plan.h"

#include <math.h>

enum { BN_WEIGHT, BN_BIAS, BN_MEAN, BN_VAR };

static const double bn_momentum = 0.1, bn_eps = 1e-5;

#ifndef KERNEL_VARIANT

static const char bn_token[] = "bn", bn_form[] = "bn";
static const char bn_about[] = "batch normalization of each channel";
static const char bn_torch[] = "nn.BatchNorm1d(channels) if flat else nn.BatchNorm2d(channels)";
static const char bn_examples[] = "bn\n"
                                  "c5 bn r p c4 r bn d6 bn r\n"
                                  "p bn c3 p bn r d4";
enum { bn_traits = 0 };
#define bn_parse layer_parse_nothing
#define bn_shape layer_shape_same
#define bn_place layer_place_vector
#define bn_multiply_adds layer_multiply_adds_none

static int bn_slots(const struct layer *l, struct slot *s)
{
    static const char *const names[] = {"weight", "bias", "running_mean", "running_var"};

    for (int k = BN_WEIGHT; k <= BN_VAR; k++)
        s[k] = (struct slot){.name = names[k],
                             .ndim = 1,
                             .shape = {(uint64_t)l->out.c},
                             .floats = (size_t)l->out_lanes,
                             .start = k == BN_WEIGHT || k == BN_VAR ? SLOT_ONE : SLOT_ZERO,
                             .buffer = k >= BN_MEAN,
                             .nonnegative = k == BN_VAR};
    return BN_VAR + 1;
}

#define bn_lower layer_lower_with_relu

#else

#include "base/simd.h"

#endif

/* ---- what groups share: rows of y.lanes floats; in evaluation the first two, packed ---- */

enum { SCALE, SHIFT, MEAN, RSTD, DY_MEAN, PROJECTION, ROWS };

static const float *row_of(const struct operation *o, const float *rows, int row)
{
    return rows + (size_t)row * (size_t)o->y.lanes;
}

/* y = scale x + shift. */
static void set_scale(const struct operation *o, const float *parameters, int channel, double mean,
                      double var, float *rows)
{
    double scale = parameters[o->slot[BN_WEIGHT] + (size_t)channel] / sqrt(var + bn_eps);
    size_t lanes = (size_t)o->y.lanes, c = (size_t)channel;

    rows[SCALE * lanes + c] = (float)scale;
    rows[SHIFT * lanes + c] = (float)(parameters[o->slot[BN_BIAS] + c] - mean * scale);
}

static void bn_affine(const size_t *slot, int channels, const float *parameters, float *scale,
                      float *shift)
{
    for (size_t c = 0; c < (size_t)channels; c++) {
        double factor =
            parameters[slot[BN_WEIGHT] + c] / sqrt(parameters[slot[BN_VAR] + c] + bn_eps);
        scale[c] = (float)factor;
        shift[c] = (float)(parameters[slot[BN_BIAS] + c] - parameters[slot[BN_MEAN] + c] * factor);
    }
}

static int bn_way_back(const struct operation *o)
{
    (void)o;
    return READS_X | CAN_REPEAT;
}

#define bn_kept operation_none
#define bn_scratch operation_none

static size_t bn_packed(const struct operation *o)
{
    return 2 * (size_t)o->y.lanes;
}

static void bn_pack(const struct operation *o, const float *parameters, float *packed, int backward,
                    int task, int tasks)
{
    (void)backward, (void)tasks;
    if (task == 0)
        bn_affine(o->slot, o->layer->out.c, parameters, packed, packed + o->y.lanes);
}

/*
 * ---- statistics of a batch ----
 *
 * Forward the sums of d and d^2, where d is x less the running mean; backward those of dy and
 * dy (x - mean).
 */

static size_t bn_sums(const struct operation *o)
{
    return 2 * (size_t)o->y.lanes;
}

/* Of a single value the deviation is 0, and nothing can be learnt: as in PyTorch it is refused. */
static int bn_least(const struct operation *o)
{
    return o->x.h * o->x.w > 1 ? 1 : 2;
}

static size_t bn_shared(const struct operation *o)
{
    return ROWS * (size_t)o->y.lanes;
}

/* A row of pixels of one sample: of x, and of y and dy; for channel c of pixel j at j * step + c.
 */
struct line {
    const float *x, *y, *dy;
    size_t x_step, y_step;
    int n;
};

static struct line pixels_of(const struct operation *o, const struct pass *p, int sample, int row)
{
    size_t x = (size_t)sample * p->s.x_stride + o->x.first + (size_t)row * o->x.row;
    size_t y = (size_t)sample * p->s.y_stride + o->y.first + (size_t)row * o->y.row;

    return (struct line){p->s.x + x,         p->s.y + y,         p->s.dy + y,
                         (size_t)o->x.lanes, (size_t)o->y.lanes, o->x.w};
}

/* y, before the ReLU. */
static inline float forward_one(float x, float scale, float shift)
{
    return x * scale + shift;
}

/* Element at y of dy, or nothing where the ReLU let nothing through. That is asked of x: where y
 * was, there may be its gradient. rows: or NULL, for dy as it is. */
static inline float dy_at(const struct operation *o, const struct line *r, const float *rows,
                          size_t c, float x, size_t y)
{
    if (!o->relu)
        return r->dy[y];
    return forward_one(x, row_of(o, rows, SCALE)[c], row_of(o, rows, SHIFT)[c]) > 0 ? r->dy[y] : 0;
}

#ifndef KERNEL_VARIANT

/* Adds a row's d and d^2 for d = x - k, channel by channel; or, if there are rows, dy and dy d. */
static void add_row(const struct operation *o, const struct line *r, const float *k,
                    const float *rows, double *first, double *second)
{
    for (int j = 0; j < r->n; j++)
        for (size_t c = 0; c < (size_t)o->layer->out.c; c++) {
            float x = r->x[(size_t)j * r->x_step + c];
            double d = (double)x - k[c];
            double by = rows ? dy_at(o, r, rows, c, x, (size_t)j * r->y_step + c) : d;
            first[c] += by;
            second[c] += by * d;
        }
}

#else

/* The same; a row's sums are floats. Channels that do not fill a vector are those of the image. */
INLINE void add_lane(const struct operation *o, const struct line *r, float k, const float *rows,
                     size_t c, double *first, double *second)
{
    for (int j = 0; j < r->n; j++) {
        float x = r->x[(size_t)j * r->x_step + c], d = x - k;
        float by = rows ? dy_at(o, r, rows, c, x, (size_t)j * r->y_step + c) : d;
        *first += by;
        *second += (double)by * d;
    }
}

/* Of d = x - k: the sum is n mean + rest, that of the squares squares + 2 mean rest + n mean^2,
 * where rest and squares are small, so that nothing is lost in floats if the mean is large. */
struct moments {
    vf mean, rest, squares;
};

INLINE void find_moments(const struct line *r, vf k, size_t c, struct moments *m)
{
    vf sum = {0};

    *m = (struct moments){{0}, {0}, {0}};
    for (size_t j = 0; j < (size_t)r->n; j++)
        sum += load(r->x + j * r->x_step + c) - k;
    m->mean = sum * splat(1 / (float)r->n);
    for (size_t j = 0; j < (size_t)r->n; j++) {
        vf d = load(r->x + j * r->x_step + c) - k - m->mean;
        m->rest += d;
        m->squares = multiply_add(d, d, m->squares);
    }
}

static void add_moments(const struct moments *m, int n, double *first, double *second)
{
    for (size_t l = 0; l < VL; l++) {
        double mean = m->mean[l], rest = m->rest[l];
        first[l] += n * mean + rest;
        second[l] += m->squares[l] + mean * (2 * rest + n * mean);
    }
}

/* As dy_at, of a vector. */
INLINE vf through(const int relu, vf x, vf scale, vf shift, vf dy)
{
    return relu ? (vf)((vi)(multiply_add(x, scale, shift) > splat(0)) & (vi)dy) : dy;
}

INLINE void add_products(const int relu, const struct operation *o, const struct line *r, vf k,
                         const float *rows, size_t c, double *first, double *second)
{
    vf scale = load(row_of(o, rows, SCALE) + c), shift = load(row_of(o, rows, SHIFT) + c);
    vf a = {0}, b = {0};

    for (size_t j = 0; j < (size_t)r->n; j++) {
        vf x = load(r->x + j * r->x_step + c);
        vf by = through(relu, x, scale, shift, load(r->dy + j * r->y_step + c));
        a += by;
        b = multiply_add(by, x - k, b);
    }
    for (size_t l = 0; l < VL; l++) {
        first[l] += a[l];
        second[l] += b[l];
    }
}

static void add_row(const struct operation *o, const struct line *r, const float *k,
                    const float *rows, double *first, double *second)
{
    size_t c = 0, channels = (size_t)o->layer->out.c;

    for (; c + VL <= (size_t)o->x.lanes; c += VL) {
        struct moments m;
        if (!rows) {
            find_moments(r, load(k + c), c, &m);
            add_moments(&m, r->n, first + c, second + c);
        } else if (o->relu) {
            add_products(1, o, r, load(k + c), rows, c, first + c, second + c);
        } else {
            add_products(0, o, r, load(k + c), rows, c, first + c, second + c);
        }
    }
    for (; c < channels; c++)
        add_lane(o, r, k[c], rows, c, first + c, second + c);
}

#endif

/* The two sums of a group, of which the second begins `lanes` doubles after the first. */
static void sum_group(const struct operation *o, const struct pass *p, const float *k,
                      const float *rows, double *sums)
{
    size_t lanes = (size_t)o->y.lanes;

    for (size_t i = 0; i < 2 * lanes; i++)
        sums[i] = 0;
    for (int s = 0; s < p->s.n; s++)
        for (int row = 0; row < o->x.h; row++) {
            struct line r = pixels_of(o, p, s, row);
            add_row(o, &r, k, rows, sums, sums + lanes);
        }
}

static void bn_gather(const struct operation *o, const struct pass *p, double *sums)
{
    sum_group(o, p, pass_slot(o, p, BN_MEAN), NULL, sums);
}

static void bn_gather_back(const struct operation *o, const struct pass *p, double *sums)
{
    size_t lanes = (size_t)o->y.lanes;
    float *dw = pass_gradient(o, p, BN_WEIGHT), *db = pass_gradient(o, p, BN_BIAS);
    const float *rstd = row_of(o, p->shared, RSTD);

    sum_group(o, p, row_of(o, p->shared, MEAN), p->shared, sums);
    for (size_t c = 0; dw && c < (size_t)o->layer->out.c; c++) {
        dw[c] += (float)(sums[lanes + c] * rstd[c]);
        db[c] += (float)sums[c];
    }
}

/* Values of a channel in the whole batch. */
static double values_in(const struct operation *o, uint64_t samples)
{
    return (double)samples * o->x.h * o->x.w;
}

static void bn_settle(const struct operation *o, const double *sums, uint64_t samples,
                      float *parameters, float *shared)
{
    size_t lanes = (size_t)o->y.lanes;
    double n = values_in(o, samples);

    for (int i = 0; i < o->layer->out.c; i++) {
        size_t c = (size_t)i;
        float *mean = parameters + o->slot[BN_MEAN] + c, *var = parameters + o->slot[BN_VAR] + c;
        double m = *mean + sums[c] / n, v = (sums[lanes + c] - sums[c] * sums[c] / n) / n;
        v = v < 0 ? 0 : v;
        shared[MEAN * lanes + c] = (float)m;
        shared[RSTD * lanes + c] = (float)(1 / sqrt(v + bn_eps));
        set_scale(o, parameters, i, m, v, shared);
        *mean = (float)((1 - bn_momentum) * *mean + bn_momentum * m);
        *var = (float)((1 - bn_momentum) * *var + bn_momentum * v * n / (n - 1));
    }
}

static void bn_settle_back(const struct operation *o, const double *sums, uint64_t samples,
                           float *shared)
{
    size_t lanes = (size_t)o->y.lanes;
    double n = values_in(o, samples);

    for (size_t c = 0; c < (size_t)o->layer->out.c; c++) {
        double rstd = shared[RSTD * lanes + c];
        shared[DY_MEAN * lanes + c] = (float)(sums[c] / n);
        shared[PROJECTION * lanes + c] = (float)(sums[lanes + c] / n * rstd * rstd);
    }
}

/* ---- forward and backward of a group ---- */

/* Channels [from, out.c) one by one. */
static void forward_lanes(const struct operation *o, const struct line *r, const float *rows,
                          size_t from, float *y)
{
    const float *scale = row_of(o, rows, SCALE), *shift = row_of(o, rows, SHIFT);

    for (size_t j = 0; j < (size_t)r->n; j++)
        for (size_t c = from; c < (size_t)o->layer->out.c; c++) {
            float to = forward_one(r->x[j * r->x_step + c], scale[c], shift[c]);
            y[j * r->y_step + c] = o->relu && to <= 0 ? 0 : to;
        }
}

static void backward_lanes(const struct operation *o, const struct line *r, const float *rows,
                           int batch, size_t from, float *dx)
{
    const float *scale = row_of(o, rows, SCALE), *mean = scale, *dy_mean = scale,
                *projection = scale;

    if (batch) {
        mean = row_of(o, rows, MEAN);
        dy_mean = row_of(o, rows, DY_MEAN);
        projection = row_of(o, rows, PROJECTION);
    }
    for (size_t j = 0; j < (size_t)r->n; j++)
        for (size_t c = from; c < (size_t)o->layer->out.c; c++) {
            size_t x = j * r->x_step + c;
            float by = dy_at(o, r, rows, c, r->x[x], j * r->y_step + c);
            if (batch)
                by -= dy_mean[c] + (r->x[x] - mean[c]) * projection[c];
            dx[x] = by * scale[c];
        }
}

#ifndef KERNEL_VARIANT

#define forward_row(O, R, ROWS, Y) forward_lanes(O, R, ROWS, 0, Y)
#define backward_row(O, R, ROWS, BATCH, DX) backward_lanes(O, R, ROWS, BATCH, 0, DX)

#else

static void forward_row(const struct operation *o, const struct line *r, const float *rows,
                        float *to)
{
    size_t c = 0;

    for (; c + VL <= (size_t)o->x.lanes; c += VL) {
        vf scale = load(row_of(o, rows, SCALE) + c), shift = load(row_of(o, rows, SHIFT) + c);
        for (size_t j = 0; j < (size_t)r->n; j++) {
            vf y = multiply_add(load(r->x + j * r->x_step + c), scale, shift);
            store(to + j * r->y_step + c, o->relu ? relu(y) : y);
        }
    }
    forward_lanes(o, r, rows, c, to);
}

INLINE void backward_vector(const int relu, const int batch, const struct operation *o,
                            const struct line *r, const float *rows, size_t c, float *dx)
{
    vf scale = load(row_of(o, rows, SCALE) + c), shift = load(row_of(o, rows, SHIFT) + c);
    vf mean = splat(0), dy_mean = mean, projection = mean;

    if (batch) {
        mean = load(row_of(o, rows, MEAN) + c);
        dy_mean = load(row_of(o, rows, DY_MEAN) + c);
        projection = load(row_of(o, rows, PROJECTION) + c);
    }
    for (size_t j = 0; j < (size_t)r->n; j++) {
        vf x = load(r->x + j * r->x_step + c);
        vf by = through(relu, x, scale, shift, load(r->dy + j * r->y_step + c));
        if (batch)
            by -= multiply_add(x - mean, projection, dy_mean);
        store(dx + j * r->x_step + c, by * scale);
    }
}

static void backward_row(const struct operation *o, const struct line *r, const float *rows,
                         int batch, float *dx)
{
    size_t c = 0;

    for (; c + VL <= (size_t)o->x.lanes; c += VL) {
        if (batch && o->relu)
            backward_vector(1, 1, o, r, rows, c, dx);
        else if (batch)
            backward_vector(0, 1, o, r, rows, c, dx);
        else
            backward_vector(o->relu, 0, o, r, rows, c, dx);
    }
    backward_lanes(o, r, rows, batch, c, dx);
}

#endif

static void bn_forward(const struct operation *o, const struct pass *p)
{
    const float *rows = p->shared ? p->shared : p->packed;

    for (int s = 0; s < p->s.n; s++)
        for (int row = 0; row < o->x.h; row++) {
            struct line r = pixels_of(o, p, s, row);
            forward_row(o, &r, rows, p->s.y + (r.y - p->s.y));
        }
}

static void bn_backward(const struct operation *o, const struct pass *p)
{
    const float *rows = p->shared ? p->shared : p->packed;

    for (int s = 0; p->s.dx && s < p->s.n; s++)
        for (int row = 0; row < o->x.h; row++) {
            struct line r = pixels_of(o, p, s, row);
            backward_row(o, &r, rows, p->shared != NULL, p->s.dx + (r.x - p->s.x));
        }
}

static const struct batch_kind bn_batch = {.sums = bn_sums,
                                           .shared = bn_shared,
                                           .least = bn_least,
                                           .affine = bn_affine,
                                           .gather = bn_gather,
                                           .settle = bn_settle,
                                           .gather_back = bn_gather_back,
                                           .settle_back = bn_settle_back};

DEFINE_BATCH_LAYER(bn, &bn_batch);
