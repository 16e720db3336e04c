/* Every set of kernels that this processor runs against the plain layers: convolutions. */
#include "check.h"
#include "net/reference.h"
#include "nets.h"

/* Between two samples lies a gap that nobody may write to. */
enum { GAP = 16, MOST_SAMPLES = 11 };
static const float gap_mark = 12345.5f;

/*
 * How far two sets may be apart: this many times the largest sum of the terms' magnitudes. A few
 * roundings of 6e-8; Winograd's transforms add some terms up twice and take them away again.
 */
static const double rounding = 3e-6;

struct conv_case {
    int h, w, in, out, image;
    int kernel, stride;
};

/* Tensors of a stage for `n` samples; of these some are inputs and some results. */
struct stage_data {
    struct conv c;
    int n, in, out;
    size_t x_stride, y_stride, weights, biases;
    float *x, *weight, *bias, *y, *dy, *dx, *dw, *db;
    uint8_t *winner;
};

static float *samples_new(int n, size_t stride)
{
    float *p = floats((size_t)n * stride);

    for (size_t i = 0; i < (size_t)n * stride; i++)
        p[i] = i % stride < stride - GAP ? 0 : gap_mark;
    return p;
}

/* A weight in the middle of padding? In kernels.h's layouts. */
static int weight_is_padding(const struct stage_data *d, size_t i)
{
    size_t in = (size_t)d->c.x.lanes, out = (size_t)d->c.y.lanes;

    if (conv_by_tap(d->c.kernel, d->c.stride, d->c.x.h, d->c.x.w, d->c.image))
        return i % out >= (size_t)d->out || i / out % in >= (size_t)d->in;
    return i / (9 * in) >= (size_t)d->out || i % in >= (size_t)d->in;
}

static void fill_weights(struct stage_data *d, float *p, float scale, struct rng *r)
{
    fill(p, d->weights, scale, r);
    for (size_t i = 0; i < d->weights; i++)
        if (weight_is_padding(d, i))
            p[i] = 0;
}

/* Fresh places for results: channels hold rubbish where they have to be set, dw and db numbers that
 * gradients are added to, the same in every call. */
static void fresh_results(struct stage_data *d)
{
    struct rng r;

    rng_seed(&r, 77, 1);
    d->y = samples_new(d->n, d->y_stride);
    d->dx = samples_new(d->n, d->x_stride);
    for (int s = 0; s < d->n; s++) {
        fill_layout(d->y + (size_t)s * d->y_stride, &d->c.y, d->out, 1e6f, &r);
        fill_layout(d->dx + (size_t)s * d->x_stride, &d->c.x, d->c.x.lanes, 1e6f, &r);
    }
    d->dw = floats(d->weights);
    d->db = floats(d->biases);
    fill_weights(d, d->dw, 0.01f, &r);
    fill(d->db, (size_t)d->out, 0.01f, &r);
    d->winner = calloc((size_t)d->n, d->c.y.size);
}

static void free_results(struct stage_data *d)
{
    free(d->y), free(d->dx), free(d->dw), free(d->db), free(d->winner);
}

static struct stage_data new_case(const struct conv_case *k, int n, int relu, int pool, int border,
                                  struct rng *r)
{
    struct stage_data d = {.n = n, .in = k->in, .out = k->out};
    int kernel = k->kernel, stride = k->stride;
    int h = (k->h + stride - 1) / stride / (pool ? 2 : 1);
    int w = (k->w + stride - 1) / stride / (pool ? 2 : 1);

    d.c.kernel = kernel;
    d.c.stride = stride;
    d.c.x = layout_for(k->h, k->w, k->image ? k->in : net_pad(k->in), kernel / 2);
    d.c.y = layout_for(h, w, net_pad(k->out), border);
    d.c.image = k->image;
    d.c.relu = relu;
    d.c.pool = pool;
    d.x_stride = d.c.x.size + GAP;
    d.y_stride = d.c.y.size + GAP;
    d.weights = (size_t)(kernel * kernel) * (size_t)d.c.x.lanes * (size_t)d.c.y.lanes;
    d.biases = (size_t)d.c.y.lanes;
    d.x = samples_new(n, d.x_stride);
    d.dy = samples_new(n, d.y_stride);
    for (int s = 0; s < n; s++) {
        float *x = d.x + (size_t)s * d.x_stride, *dy = d.dy + (size_t)s * d.y_stride;
        fill_layout(x, &d.c.x, k->in, 1, r);
        fill_layout(dy, &d.c.y, k->out, 1, r);
        /* As behind a ReLU: half of the input is zero, some of the gradient too. */
        for (size_t i = 0; i < d.c.x.size && !k->image; i++)
            x[i] = x[i] > 0 ? x[i] : 0;
        for (size_t i = 0; i < d.c.y.size; i++)
            dy[i] = dy[i] < 0.8f ? dy[i] : 0;
    }
    d.weight = floats(d.weights);
    d.bias = floats(d.biases);
    fill_weights(&d, d.weight, 0.3f, r);
    fill(d.bias, (size_t)k->out, 0.3f, r);
    fresh_results(&d);
    return d;
}

static void free_case(struct stage_data *d)
{
    free_results(d);
    free(d->x), free(d->dy), free(d->weight), free(d->bias);
}

/* Packed weights and scratch memory as an engine would have them. */
struct tools {
    float *packed, *scratch;
};

static struct tools tools_new(const struct kernels *k, const struct stage_data *d, int backward)
{
    struct tools t = {floats(k->conv_packed(&d->c)), floats(k->conv_scratch(&d->c))};

    /* Three shares, in an order that is not theirs. */
    for (int i = 0; i < 3; i++)
        k->conv_pack(&d->c, d->weight, t.packed, backward, (i + 2) % 3, 3);
    return t;
}

static void tools_free(struct tools *t)
{
    free(t->packed), free(t->scratch);
}

static struct samples samples_of(const struct stage_data *d, float *dy, int first, int n)
{
    size_t s = (size_t)first;

    return (struct samples){.n = n,
                            .x = d->x + s * d->x_stride,
                            .x_stride = d->x_stride,
                            .y = d->y + s * d->y_stride,
                            .y_stride = d->y_stride,
                            .kept = d->winner + s * d->c.y.size,
                            .kept_stride = d->c.y.size,
                            .dy = dy + s * d->y_stride,
                            .dx = d->c.image ? NULL : d->dx + s * d->x_stride};
}

/* Forward, or backward from y and winner as they are, `step` samples at a time. */
static void run_forward(const struct kernels *k, struct stage_data *d, int step)
{
    struct tools t = tools_new(k, d, 0);

    for (int s = 0; s < d->n; s += step) {
        struct samples all = samples_of(d, d->dy, s, s + step < d->n ? step : d->n - s);
        k->conv_forward(&d->c, d->weight, d->bias, t.packed, &all, t.scratch);
    }
    tools_free(&t);
}

enum { WANT_DW = 1, WANT_DX = 2 };

static void run_backward(const struct kernels *k, struct stage_data *d, int step, int want)
{
    struct tools t = tools_new(k, d, 1);
    float *dy = copy(d->dy, (size_t)d->n * d->y_stride); /* it may be overwritten */

    for (int s = 0; s < d->n; s += step) {
        struct samples all = samples_of(d, dy, s, s + step < d->n ? step : d->n - s);
        if (!(want & WANT_DX))
            all.dx = NULL;
        k->conv_backward(&d->c, d->weight, t.packed, &all, want & WANT_DW ? d->dw : NULL,
                         want & WANT_DW ? d->db : NULL, t.scratch);
    }
    tools_free(&t);
    free(dy);
}

/* ---- what results have to be like ---- */

static void complain(const struct kernels *k, const struct stage_data *d, const char *what,
                     double off, double allowed)
{
    char text[256];

    snprintf(text, sizeof text, "%s: %d samples %dx%dx%d to %d%s%s%s: %s is off by %g, allowed %g",
             k->name, d->n, d->c.x.h, d->c.x.w, d->in, d->out, d->c.image ? " image" : "",
             d->c.relu ? " relu" : "", d->c.pool ? " pool" : "", what, off, allowed);
    check_note(0, __FILE__, __LINE__, text);
}

static void compare(const struct kernels *k, const struct stage_data *d, const char *what,
                    const float *got, const float *want, const float *magnitude, size_t n)
{
    double off = largest_difference(got, want, n), allowed = rounding * largest(magnitude, n);

    if (!(off <= allowed))
        complain(k, d, what, off, allowed);
}

/* Each sample's channels, by themselves; everything else is zero, and the gaps are as they were. */
static void compare_samples(const struct kernels *k, const struct stage_data *d, const char *what,
                            const struct layout *l, int channels, size_t stride, const float *got,
                            const float *want, const float *magnitude)
{
    double most = 0, off = 0;

    for (size_t i = 0; i < (size_t)d->n * stride; i++) {
        if (i % stride >= l->size) {
            if (got[i] != gap_mark)
                complain(k, d, what, got[i], 0);
        } else if (layout_holds(l, channels, i % stride)) {
            if (fabs(magnitude[i]) > most)
                most = fabs(magnitude[i]);
            if (!(fabs((double)got[i] - want[i]) <= off))
                off = fabs((double)got[i] - want[i]);
        } else if (layout_holds(l, l->lanes, i % stride) && got[i] != 0) {
            complain(k, d, "padding", got[i], 0);
        }
    }
    if (!(off <= rounding * most))
        complain(k, d, what, off, rounding * most);
}

static void check_border(const struct kernels *k, const struct stage_data *d)
{
    for (size_t i = 0; i < (size_t)d->n * d->y_stride; i++)
        if (i % d->y_stride < d->c.y.size &&
            !layout_holds(&d->c.y, d->c.y.lanes, i % d->y_stride) && d->y[i] != 0) {
            complain(k, d, "border", d->y[i], 0);
            return;
        }
}

/* The same case with all terms positive: the magnitude of its sums. */
static struct stage_data magnitudes(const struct stage_data *d)
{
    struct stage_data m = *d;

    m.x = copy(d->x, (size_t)d->n * d->x_stride);
    m.weight = copy(d->weight, d->weights);
    m.bias = copy(d->bias, d->biases);
    m.dy = copy(d->dy, (size_t)d->n * d->y_stride);
    for (size_t i = 0; i < (size_t)d->n * d->x_stride; i++)
        m.x[i] = fabsf(m.x[i]);
    for (size_t i = 0; i < d->weights; i++)
        m.weight[i] = fabsf(m.weight[i]);
    for (size_t i = 0; i < d->biases; i++)
        m.bias[i] = fabsf(m.bias[i]);
    for (size_t i = 0; i < (size_t)d->n * d->y_stride; i++)
        m.dy[i] = fabsf(m.dy[i]);
    fresh_results(&m);
    return m;
}

/* y and winner of one go to the other, so that both walk the same way back. */
static void share_path(const struct stage_data *from, struct stage_data *to)
{
    memcpy(to->y, from->y, (size_t)from->n * from->y_stride * sizeof(float));
    memcpy(to->winner, from->winner, (size_t)from->n * from->c.y.size);
}

/* The value at each winner is, but for rounding, the value of the pool. full: without a pool. */
static void check_winners(const struct kernels *k, const struct stage_data *d,
                          const struct stage_data *full, double magnitude)
{
    const struct layout *y = &d->c.y, *z = &full->c.y;

    for (int s = 0; s < d->n; s++)
        for (int i = 0; i < y->h * y->w * d->out; i++) {
            int o = i % d->out, at = i / d->out, row = at / y->w, column = at % y->w;
            int q = d->winner[(size_t)s * y->size + (size_t)(at * y->lanes + o)];
            size_t to = y->first + (size_t)row * y->row + (size_t)(column * y->lanes + o);
            size_t from = z->first + (size_t)(2 * row + q / 2) * z->row +
                          (size_t)((2 * column + q % 2) * z->lanes + o);
            double off = q > 3 ? INFINITY
                               : fabs((double)d->y[(size_t)s * d->y_stride + to] -
                                      full->y[(size_t)s * full->y_stride + from]);
            if (!(off <= rounding * magnitude)) {
                complain(k, d, "winner", off, rounding * magnitude);
                return;
            }
        }
}

/* ---- convolutions ---- */

/* The reference's results for a case, and what they are measured by. */
struct expected {
    struct stage_data result, magnitude, full;
    double largest;
};

static struct expected expect(const struct stage_data *d)
{
    struct expected x = {.result = *d, .magnitude = magnitudes(d), .full = *d};

    fresh_results(&x.result);
    run_forward(&kernels_reference, &x.result, d->n);
    run_backward(&kernels_reference, &x.result, d->n, WANT_DW | WANT_DX);
    run_forward(&kernels_reference, &x.magnitude, d->n);
    x.largest = largest(x.magnitude.bias, d->biases);
    for (size_t i = 0; i < (size_t)d->n * d->y_stride; i++)
        if (i % d->y_stride < d->c.y.size && x.magnitude.y[i] > x.largest)
            x.largest = x.magnitude.y[i];
    float *y = copy(x.magnitude.y, (size_t)d->n * d->y_stride);
    share_path(&x.result, &x.magnitude);
    run_backward(&kernels_reference, &x.magnitude, d->n, WANT_DW | WANT_DX);
    memcpy(x.magnitude.y, y, (size_t)d->n * d->y_stride * sizeof *y);
    free(y);
    /* What the pool chose from, behind the ReLU. */
    x.full.c.pool = 0;
    x.full.c.y = layout_for((d->c.x.h + d->c.stride - 1) / d->c.stride,
                            (d->c.x.w + d->c.stride - 1) / d->c.stride, d->c.y.lanes, 0);
    x.full.y_stride = x.full.c.y.size + GAP;
    fresh_results(&x.full);
    if (d->c.pool)
        run_forward(&kernels_reference, &x.full, d->n);
    return x;
}

static void free_expected(struct expected *x)
{
    free_results(&x->result);
    free_case(&x->magnitude);
    free_results(&x->full);
}

static void check_set(const struct kernels *k, struct stage_data *d, const struct expected *x)
{
    const struct layout *lx = &d->c.x, *ly = &d->c.y;

    free_results(d);
    fresh_results(d);
    run_forward(k, d, d->n);
    compare_samples(k, d, "y", ly, d->out, d->y_stride, d->y, x->result.y, x->magnitude.y);
    check_border(k, d);
    if (d->c.pool)
        check_winners(k, d, &x->full, x->largest);
    share_path(&x->result, d);
    run_backward(k, d, d->n, WANT_DW | WANT_DX);
    compare(k, d, "dw", d->dw, x->result.dw, x->magnitude.dw, d->weights);
    compare(k, d, "db", d->db, x->result.db, x->magnitude.db, d->biases);
    if (!d->c.image)
        compare_samples(k, d, "dx", lx, d->in, d->x_stride, d->dx, x->result.dx, x->magnitude.dx);
    for (size_t i = 0; i < d->weights; i++)
        if (weight_is_padding(d, i) && d->dw[i] != 0)
            complain(k, d, "dw's padding", d->dw[i], 0);
    for (int i = d->out; i < d->c.y.lanes; i++)
        if (d->db[i] != 0)
            complain(k, d, "db's padding", d->db[i], 0);
}

static void check_conv(const struct conv_case *c, int n, struct rng *r)
{
    const struct kernels *k;

    for (int way = 0; way < 4; way++) {
        int relu = way & 1, pool = way >> 1, stride = c->stride;
        if (pool && (c->h < 2 * stride || c->w < 2 * stride))
            continue;
        struct stage_data d = new_case(c, n, relu, pool, (way + c->h) % 2, r);
        struct expected x = expect(&d);
        for (int i = 0; (k = kernels_list(i)); i++)
            check_set(k, &d, &x);
        free_expected(&x);
        free_case(&d);
    }
}

/* Of every `step` cases one has several samples. */
static void check_cases(const struct conv_case *cases, size_t count, int seed, size_t step)
{
    struct rng r;

    rng_seed(&r, (uint64_t)seed, 1);
    for (size_t i = 0; i < count; i++)
        check_conv(&cases[i], i % step == 0 ? 4 : 1 + (i % step == 1), &r);
}

static void test_conv_direct(void)
{
    static const struct conv_case cases[] = {
        {1, 1, 10, 16, 0, 1, 1},  {5, 7, 20, 20, 0, 1, 1},   {5, 8, 20, 20, 0, 1, 2},
        {7, 6, 16, 33, 0, 3, 2},  {8, 9, 33, 16, 0, 3, 2},   {1, 2, 16, 16, 0, 5, 2},
        {9, 6, 16, 20, 0, 5, 1},  {6, 9, 20, 16, 0, 7, 2},   {5, 4, 16, 16, 0, 7, 1},
        {28, 28, 1, 32, 1, 5, 1}, {9, 10, 3, 20, 1, 3, 2},   {7, 7, 1, 16, 1, 7, 2},
        {14, 14, 3, 16, 1, 1, 1}, {14, 14, 32, 64, 0, 3, 2}, {3, 3, 16, 48, 0, 5, 1},
        {2, 4, 33, 20, 0, 7, 1}};

    check_cases(cases, sizeof cases / sizeof cases[0], 4, 4);
}

static void test_conv_image(void)
{
    static const struct conv_case cases[] = {
        {1, 1, 1, 10, 1, 3, 1},   {2, 2, 1, 16, 1, 3, 1},   {5, 7, 1, 20, 1, 3, 1},
        {7, 7, 3, 32, 1, 3, 1},   {1, 8, 3, 10, 1, 3, 1},   {9, 1, 1, 48, 1, 3, 1},
        {14, 14, 3, 64, 1, 3, 1}, {28, 28, 1, 32, 1, 3, 1}, {6, 5, 4, 128, 1, 3, 1}};

    check_cases(cases, sizeof cases / sizeof cases[0], 1, 3);
}

static void test_conv_inner(void)
{
    static const struct conv_case cases[] = {
        {1, 1, 10, 16, 0, 3, 1},   {1, 1, 64, 128, 0, 3, 1},  {2, 2, 16, 10, 0, 3, 1},
        {2, 3, 20, 20, 0, 3, 1},   {5, 7, 10, 20, 0, 3, 1},   {5, 7, 48, 32, 0, 3, 1},
        {7, 7, 128, 64, 0, 3, 1},  {7, 7, 64, 10, 0, 3, 1},   {14, 14, 32, 64, 0, 3, 1},
        {14, 14, 10, 48, 0, 3, 1}, {28, 28, 16, 20, 0, 3, 1}, {1, 9, 16, 32, 0, 3, 1},
        {9, 1, 32, 16, 0, 3, 1},   {3, 28, 20, 16, 0, 3, 1},  {6, 9, 20, 16, 0, 3, 1},
        {10, 8, 16, 80, 0, 3, 1},  {8, 13, 48, 100, 0, 3, 1}, {4, 5, 16, 300, 0, 3, 1}};

    check_cases(cases, sizeof cases / sizeof cases[0], 2, 4);
}

/* Of Winograd's gradient by the weights the samples at hand are summed before they are added. */
static int sums_first(const struct conv *c)
{
    return !c->pool && !conv_by_tap(c->kernel, c->stride, c->x.h, c->x.w, c->image);
}

/* Any number of samples, however they are handed over, gives the same bits. */
static void check_apart(const struct kernels *k, const struct conv_case *c, int way, int n,
                        struct rng *r)
{
    struct stage_data d = new_case(c, n, way & 1, way >> 1, 1, r), apart = d;
    size_t y = (size_t)n * d.y_stride, x = (size_t)n * d.x_stride;

    run_forward(k, &d, n);
    run_backward(k, &d, n, WANT_DW | WANT_DX);
    for (int step = 1; step < n; step += 2) {
        fresh_results(&apart);
        run_forward(k, &apart, step);
        run_backward(k, &apart, step, WANT_DW | WANT_DX);
        if (memcmp(d.y, apart.y, y * sizeof(float)) || memcmp(d.dx, apart.dx, x * sizeof(float)) ||
            memcmp(d.winner, apart.winner, (size_t)n * d.c.y.size) ||
            (!sums_first(&d.c) && memcmp(d.dw, apart.dw, d.weights * sizeof(float))) ||
            largest_difference(d.dw, apart.dw, d.weights) > 1e-5 * largest(d.dw, d.weights) ||
            memcmp(d.db, apart.db, d.biases * sizeof(float)))
            complain(k, &d, "apart and together", step, 0);
        free_results(&apart);
    }
    /* One gradient without the other. */
    fresh_results(&apart);
    share_path(&d, &apart);
    run_backward(k, &apart, n, WANT_DX);
    if (!d.c.image)
        CHECK(memcmp(d.dx, apart.dx, x * sizeof(float)) == 0);
    run_backward(k, &apart, n, WANT_DW);
    CHECK(memcmp(d.dw, apart.dw, d.weights * sizeof(float)) == 0);
    CHECK(memcmp(d.db, apart.db, d.biases * sizeof(float)) == 0);
    free_results(&apart);
    free_case(&d);
}

static void test_conv_any_number_of_samples(void)
{
    static const struct conv_case cases[] = {{5, 7, 1, 20, 1, 3, 1},  {6, 6, 3, 32, 1, 3, 1},
                                             {5, 6, 20, 33, 0, 3, 1}, {7, 7, 32, 64, 0, 3, 1},
                                             {3, 4, 20, 33, 0, 3, 1}, {5, 8, 20, 16, 0, 3, 2},
                                             {7, 6, 16, 33, 0, 5, 1}, {3, 3, 20, 48, 0, 3, 1}};
    const struct kernels *k;
    struct rng r;

    rng_seed(&r, 3, 1);
    for (int i = 0; (k = kernels_list(i)); i++)
        for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++)
            for (int way = 0; way < 4; way++)
                check_apart(k, &cases[c], way, c % 2 ? 8 : MOST_SAMPLES, &r);
}

int main(void)
{
    RUN(test_conv_image);
    RUN(test_conv_inner);
    RUN(test_conv_direct);
    RUN(test_conv_any_number_of_samples);
    return check_status();
}
